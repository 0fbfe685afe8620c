"""What a caller asks for: read, checked, and given the id that the same request always gets."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stylekit import images
from stylekit.images import Limits, Source
from stylekit.jobs import Job
from stylekit.painting.task import Commission, checked_format, checked_options
from stylekit.styles import Catalogue

WEBP_LONGEST_SIDE = 16_383
STORED_QUALITY = 95
ID_LENGTH = 32  # hexadecimal digits: 128 bits, which nobody guesses


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a caller asks for, as it came."""

    content: bytes
    style: str | int | bytes  # id of a preset, its number, or a picture of one's own
    owner: str
    engine: str = "fast"
    options: Mapping[str, Any] = field(default_factory=dict)
    public: bool = False
    format: str | None = None  # None: as the content came; PNG where it came as something odd
    keep_orientation: bool = False  # store the pixels turned as they came, with the EXIF tag


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who wants to act on a job: its owner, or whoever holds the secret of its id."""

    owner: str = ""
    secret: str = ""


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """Bytes to keep for the painter, without the metadata that they came with."""

    data: bytes
    format: str

    @property
    def content_type(self) -> str:
        """As in HTTP."""
        return images.mime_type(self.data)


@dataclass(frozen=True, kw_only=True)
class Request:
    """An order that can be painted."""

    order: Order
    commission: Commission
    style_data: bytes
    style_digest: str  # of the style's bytes, with the preset's id before it

    def content_file(self) -> StoredPicture:
        """The content as it is kept, and nothing personal with it.

        It is upright, unless the orientation tag is to survive: what the painter finds in the
        kept file, it writes into the result.
        """
        content, keep = self.commission.content, self.commission.keep_orientation
        format = result_format(None, content)
        data = images.encode(
            content.picture, format,
            alpha=content.alpha, orientation=content.orientation if keep else 1,
            quality=STORED_QUALITY,
        )  # fmt: skip
        return StoredPicture(data=data, format=format)

    def as_job(self, id: str, content_key: str, style_key: str, engine_version: str) -> Job:
        """The row of a new job, with every option spelled out."""
        return Job(
            id=id, owner=self.order.owner, public=self.order.public,
            engine=self.commission.engine, engine_version=engine_version,
            options=json.loads(json.dumps(asdict(self.commission.options))),
            style_id=self.commission.style_id, content_key=content_key, style_key=style_key,
            result_format=self.commission.format,
        )  # fmt: skip

    def style_file(self) -> StoredPicture:
        """The style as it is kept: a preset as it is, anything else without its metadata."""
        if self.commission.style_id is not None:
            return StoredPicture(data=self.style_data, format=images_format(self.style_data))
        data = images.encode(self.commission.style, "jpeg", quality=STORED_QUALITY)
        return StoredPicture(data=data, format="jpeg")


class Orders:
    """Reads orders, and names them."""

    def __init__(
        self, *, styles: Catalogue, limits: Limits, gatys_max_side: int, secret: bytes
    ) -> None:
        """Presets come from `styles`; ids are signed with `secret`."""
        self.styles = styles
        self.limits = limits
        self.gatys_max_side = gatys_max_side
        self._secret = secret

    def read(self, order: Order, limits: Limits | None = None) -> Request:
        """Decode both pictures and check every setting; nothing is kept yet.

        Other `limits` than those of what comes from outside are for what was kept here.

        Raises:
            BadRequest: BadOption, NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
            StyleNotFound: when the catalogue has no such preset.
        """
        options = checked_options(order.engine, order.options, self.gatys_max_side)
        limits = limits or self.limits
        style_id, style_data = self._style(order.style)
        content = images.decode(order.content, limits)
        commission = Commission(
            content=content,
            style=images.decode(style_data, limits).on_white(),
            engine=order.engine,
            options=options,
            format=result_format(order.format, content),
            keep_orientation=order.keep_orientation,
            style_id=style_id,
        )
        digest = f"{style_id or ''}:{sha256(style_data)}"
        return Request(
            order=order, commission=commission, style_data=style_data, style_digest=digest
        )

    def job_id(self, request: Request, engine_version: str) -> str:
        """The same for the same request by the same owner, and for nobody else; unguessable."""
        commission = request.commission
        named = {
            "owner": request.order.owner,
            "content": sha256(request.order.content),
            "style": request.style_digest,
            "engine": commission.engine,
            "engine_version": engine_version,
            "options": {k: number(v) for k, v in asdict(commission.options).items()},
            "format": commission.format,
            "keep_orientation": commission.keep_orientation,
        }
        return self._sign("job", json.dumps(named, sort_keys=True))

    def secret_of(self, job_id: str) -> str:
        """What its submitter is shown once, and may act with from elsewhere."""
        return self._sign("secret", job_id)

    def holds_secret(self, caller: Caller, job_id: str) -> bool:
        """Whether the caller knows the secret of this id."""
        given = caller.secret.encode(errors="replace")
        return hmac.compare_digest(given, self.secret_of(job_id).encode())

    def _style(self, style: str | int | bytes) -> tuple[str | None, bytes]:
        if isinstance(style, bytes):
            return None, style
        preset = self.styles.get(style)
        return preset.id, self.styles.read(preset)

    def _sign(self, purpose: str, text: str) -> str:
        message = f"{purpose}\n{text}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:ID_LENGTH]


def result_format(wanted: str | None, content: Source) -> str:
    """The format of the result: the one that was asked for, or the content's own."""
    if wanted is not None:
        return checked_format(wanted)
    own = images.FORMATS[content.format].kept_as
    too_long = max(content.picture.shape) > WEBP_LONGEST_SIDE
    loses_alpha = own == "jpeg" and content.alpha is not None
    return "png" if (own == "webp" and too_long) or loses_alpha else own


def images_format(data: bytes) -> str:
    """`png`, `jpeg` or `webp`, as the bytes say."""
    return images.mime_type(data).removeprefix("image/")


def number(value: Any) -> Any:
    """1 and 1.0 are the same setting."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def sha256(data: bytes) -> str:
    """Hexadecimal digest."""
    return hashlib.sha256(data).hexdigest()
