"""Orders and requests: what a caller asks for is read and checked, then it can be painted."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stylekit import images
from stylekit.catalogue import Catalogue
from stylekit.engines.registry import ENGINES, FAST
from stylekit.errors import BadOption
from stylekit.images import Limits, Pixels
from stylekit.images.isolated import IsolatedReader
from stylekit.jobs import Job
from stylekit.painting.task import RESULT_QUALITY, Task, checked_options, result_format

STORED_QUALITY = 95
KEY = "key:"
"""What the address of an order begins with that came with an API key."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a caller asks for, as it came."""

    content: bytes
    style: str | int | bytes  # id of a preset, its number, or a picture of one's own
    owner: str
    address: str = ""  # whose share of the queue it counts for; empty: not known
    engine: str = FAST.name
    options: Mapping[str, Any] = field(default_factory=dict)
    public: bool = False
    photo_shared: bool = False  # others see the photo, too, and not the painting alone
    format: str | None = None  # None: as the content came; PNG where it came as something odd
    quality: int | None = None  # of a JPEG or WebP that is painted at once
    keep_orientation: bool = False  # store the pixels turned as they came, with the EXIF tag
    notes: list[str] = field(
        default_factory=list
    )  # filled when it is read: what the caller is told

    @property
    def is_anonymous(self) -> bool:
        """Whether it came over the network without an API key."""
        return bool(self.address) and not self.address.startswith(KEY)

    @property
    def requester(self) -> tuple[str, ...]:
        """Whose share of the slots it counts for."""
        return self.address, self.owner


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
    """An order that can be painted: its pictures in as few bytes as hold them, until they are."""

    order: Order
    content: Pixels
    style: Pixels
    style_id: str | None  # of a preset
    style_data: bytes
    options: Any
    format: str  # of the file that comes out
    content_digest: str  # of the content's bytes
    style_digest: str  # of the style's bytes, with the preset's id before it

    @property
    def nbytes(self) -> int:
        """Memory that the pictures take while they wait."""
        return self.content.nbytes + self.style.nbytes

    def task(self) -> Task:
        """What a painter needs, unfolded: several times as much memory."""
        return Task(
            content=self.content.source(),
            style=self.style.source().on_white(),
            engine=self.order.engine,
            options=self.options,
            format=self.format,
            quality=self.order.quality or RESULT_QUALITY,
            keep_orientation=self.order.keep_orientation,
            style_id=self.style_id,
        )

    def packed(self) -> "PackedRequest":
        """With its pictures as files, to be kept for a painter."""
        return PackedRequest(
            order=self.order,
            options=self.options,
            format=self.format,
            style_id=self.style_id,
            content=self._content_file(),
            style=self._style_file(),
            content_digest=self.content_digest,
            style_digest=self.style_digest,
            cost=self.cost,
        )

    def _content_file(self) -> StoredPicture:
        """The content as it is kept, and nothing personal with it.

        It is upright, unless the orientation tag is to survive: what the painter finds in the
        kept file, it writes into the result.
        """
        content, keep = self.content.source(), self.order.keep_orientation
        format = result_format(None, self.content)
        data = images.encode(
            content.picture,
            format,
            alpha=content.alpha,
            orientation=content.orientation if keep else 1,
            quality=STORED_QUALITY,
        )
        return StoredPicture(data=data, format=format)

    @property
    def cost(self) -> float:
        """What painting it takes, in megapixels × steps."""
        return ENGINES[self.order.engine].cost(*self.content.size, self.options)

    def _style_file(self) -> StoredPicture:
        """The style as it is kept: a preset as it is, anything else without its metadata."""
        if self.style_id is not None:
            return StoredPicture(data=self.style_data, format=images_format(self.style_data))
        data = images.encode(self.style.source().on_white(), "jpeg", quality=STORED_QUALITY)
        return StoredPicture(data=data, format="jpeg")


@dataclass(frozen=True, kw_only=True)
class PackedRequest:
    """An order that can be kept: what was asked for, and two files."""

    order: Order
    options: Any
    format: str  # of the file that comes out
    style_id: str | None
    content: StoredPicture
    style: StoredPicture
    content_digest: str
    style_digest: str
    cost: float  # megapixels × steps

    def as_job(self, id: str, content_key: str, style_key: str, engine_version: str) -> Job:
        """The row of a new job, with every option spelled out."""
        return Job(
            id=id,
            owner=self.order.owner,
            address=self.order.address,
            cost=self.cost,
            public=self.order.public,
            photo_shared=self.order.photo_shared,
            engine=self.order.engine,
            engine_version=engine_version,
            options=json.loads(json.dumps(asdict(self.options))),
            style_id=self.style_id,
            content_key=content_key,
            style_key=style_key,
            result_format=self.format,
        )


class RequestReader:
    """Reads orders: decodes both pictures and checks every option."""

    def __init__(
        self,
        *,
        styles: Catalogue,
        limits: Limits,
        engines: Collection[str],
        gatys_max_side: int,
        pictures: IsolatedReader,
    ) -> None:
        """Presets come from `styles`; pictures from outside stay within `limits`.

        Those are read by `pictures`, not in this process. `engines` can be asked for.
        """
        self.styles, self.pictures = styles, pictures
        self.limits = limits
        self.engines = engines
        self.gatys_max_side = gatys_max_side

    def read(self, order: Order, limits: Limits | None = None) -> Request:
        """Decode both pictures and check every setting; nothing is kept yet.

        Other `limits` than those of what comes from outside are for what was kept here.

        Raises:
            BadRequest: BadOption, NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall,
                PictureTooCostly.
            StyleNotFound: when the catalogue has no such preset.
        """
        options = checked_options(order.engine, order.options, self.gatys_max_side)
        if order.engine not in self.engines:
            raise BadOption(f"This server does not have the {order.engine} engine.")
        limits = limits or self.limits
        style_id, style_data = self._style(order.style)
        content = self.pictures.read(order.content, limits)
        order.notes[:] = content.notes
        read = images.read_pixels if style_id is not None else self.pictures.read
        style = read(style_data, limits)
        images.check_style(style.values.shape, style.alpha)
        digest = f"{style_id or ''}:{sha256(style_data)}"
        return Request(
            order=order,
            content=content,
            style=style,
            style_id=style_id,
            style_data=style_data,
            options=options,
            format=result_format(order.format, content),
            content_digest=sha256(order.content),
            style_digest=digest,
        )

    def _style(self, style: str | int | bytes) -> tuple[str | None, bytes]:
        if isinstance(style, bytes):
            return None, style
        preset = self.styles.get(style)
        return preset.id, self.styles.read(preset)


def images_format(data: bytes) -> str:
    """`png`, `jpeg` or `webp`, as the bytes say."""
    return images.mime_type(data).removeprefix("image/")


def sha256(data: bytes) -> str:
    """Hexadecimal digest."""
    return hashlib.sha256(data).hexdigest()
