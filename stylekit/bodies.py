"""The API's request and response bodies, one pydantic model each.

The server reads orders and writes answers with them, its OpenAPI document is made of them, and the
Python client speaks them. What depends on a server's engines (which there are, their options) has
a `format` here that begins with `stylekit-`; the description fills it in.
"""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

FROM_TEXT = "from text"
"""The context in which a body is read whose fields all came as text, as those of a form do."""

WORDS = {
    **dict.fromkeys(("true", "1", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "off", "no", ""), False),
}
MIN_SIDE, MAX_SIDE = 64, 4096  # of `longest_side`, in pixels
FINAL = {"done", "failed", "cancelled", "expired"}  # statuses after which nothing more happens
JOB_ID = "^[0-9a-f]{32}$"
A_PHOTO = "The photo, as base64 text or as a data URL."
OWN_STYLE = "A style picture of your own, as base64 text or as a data URL."
A_PHOTO_IS_NEEDED = "A photo is needed: either {name} (a picture) or upload (its id)."
A_STYLE_IS_NEEDED = "A style is needed: either style_id (a preset) or style (a picture)."
A_STYLE_IS_MISSING = "A style is missing: painter (its number), style (its id) or custom_style."


# Values ---------------------------------------------------------------------------------------


def spoken(value: object, info: ValidationInfo) -> object:
    """A form's word for true or false; anything else as it is."""
    if info.context == FROM_TEXT and isinstance(value, str):
        return WORDS.get(value.lower(), value)
    return value


def number(value: object, info: ValidationInfo) -> object:
    """The number that a form's text says; anything else as it is."""
    if info.context == FROM_TEXT and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def digits(value: object) -> object:
    """The number that so many digits say; anything else as it is."""
    few = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return int(str(value)) if few else value


def finite(value: float | None) -> float | None:
    """The number; None for what JSON cannot say."""
    return value if value is not None and math.isfinite(value) else None


def moment(value: float | str | None) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC; None for "not yet"."""
    if isinstance(value, str):
        return value
    if not value:
        return None
    text = datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def filled_in(name: str) -> WithJsonSchema:
    """A type whose values depend on the server."""
    return WithJsonSchema({"format": f"stylekit-{name}"})


def words(text: str) -> Any:
    """A field's description."""
    return Field(description=text)


Absent = SkipJsonSchema[None]
"""What a field is that was not sent. A null is as good as that, and is not described."""

Picture = Annotated[bytes | str, WithJsonSchema({"type": "string", "format": "picture"})]
Text = str
Flag = Annotated[bool, BeforeValidator(spoken)]
WholeNumber = Annotated[int, Field(ge=1, le=10**9), BeforeValidator(digits)]
Side = Annotated[int, Field(ge=MIN_SIDE, le=MAX_SIDE), BeforeValidator(digits)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
Seconds = Annotated[Number | None, BeforeValidator(finite)]
Moment = Annotated[
    str | None,
    BeforeValidator(moment),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]
Color = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
JobId = Annotated[str, Field(pattern=JOB_ID)]
Engine = Annotated[str, filled_in("engine")]
PaintingEngine = Annotated[str, filled_in("any-engine")]
Format = Annotated[str, filled_in("format")]
Status = Annotated[str, filled_in("status")]
Options = Annotated[dict[str, Any], filled_in("options")]
Strength = Annotated[Any, BeforeValidator(number), filled_in("strength")]
AnswerKind = Literal["picture", "json"]
Notes = Annotated[list[str], words("What to know of the photograph: that it was cut off, for one.")]


# Bodies that come in --------------------------------------------------------------------------


class Body(BaseModel):
    """What a caller sends: nothing is converted, and fields that it has not are passed over."""

    model_config = ConfigDict(frozen=True, strict=True)


UploadId = Annotated[
    Text, words("The id of a photo that was sent before, in place of the photo itself.")
]
LongestSide = Annotated[
    Side, words("Paint a smaller copy of the photo, this long at most, in pixels.")
]
Quality = Annotated[
    int,
    Field(ge=1, le=100),
    BeforeValidator(digits),
    words("Of a JPEG or WebP that is painted at once; 92 unless you say so."),
]
KeepOrientation = Annotated[
    Flag, words("Keep the photo's EXIF orientation tag, with the pixels stored turned.")
]
AsJob = Annotated[Flag, words("As a job, also with the fast engine: kept, with a page of its own.")]


def either(name: str, other: str) -> dict[str, Any]:
    """One of two fields, and not both."""
    return {"oneOf": [{"required": [name]}, {"required": [other]}]}


class Order(Body):
    """What `POST /api/v1/transfers` asks for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"allOf": [either("style", "style_id"), either("content", "upload")]},
    )

    content: Picture | Absent = Field(None, description=A_PHOTO)
    upload: UploadId | Absent = None
    longest_side: LongestSide | Absent = None
    style: Picture | Absent = Field(None, description=OWN_STYLE)
    style_id: Annotated[Text, words("Or a preset's id.")] | Absent = None
    engine: Engine = "fast"
    options: Options | Absent = None
    strength: Strength = None
    preserve_colors: Flag | Absent = None
    public: Annotated[Flag, words("Show the painting in the feed.")] = False
    format: Format | Absent = None
    quality: Quality | Absent = None
    keep_orientation: KeepOrientation = False
    as_job: AsJob = False
    answer: Annotated[AnswerKind, words("In place of the Accept header.")] | Absent = None

    @model_validator(mode="after")
    def check_pictures(self) -> "Order":
        """One photo, one style."""
        if self.content is not None and self.upload is not None:
            raise ValueError(A_PHOTO_IS_NEEDED.format(name="content"))
        if (self.style is None) == (self.style_id is None):
            raise ValueError(A_STYLE_IS_NEEDED)
        return self


class PageOrder(Body):
    """What `POST /transfer` asks for. A style is needed: custom_style, style or painter."""

    model_config = ConfigDict(
        json_schema_extra={
            **either("image", "upload"),
            "anyOf": [{"required": [name]} for name in ("painter", "style", "custom_style")],
        }
    )

    image: Picture | Absent = Field(None, description=A_PHOTO)
    upload: UploadId | Absent = None
    longest_side: LongestSide | Absent = None
    painter: Annotated[WholeNumber, words("A preset's number.")] | Absent = None
    style: Annotated[Text, words("A preset's id.")] | Absent = None
    custom_style: Picture | Literal[0] | Absent = Field(None, description=OWN_STYLE)
    mode: Engine = "fast"
    strength: Strength = None
    preserve_colors: Flag | Absent = None
    options: Options | Absent = None
    public: Flag = False
    format: Format | Absent = None
    keep_orientation: KeepOrientation = False
    as_job: AsJob = False

    @model_validator(mode="before")
    @classmethod
    def choose_style(cls, given: dict[str, Any]) -> dict[str, Any]:
        """A picture of one's own before a preset by id before one by number."""
        known = dict(given)
        if known.get("custom_style") in ("", "0", False):
            known["custom_style"] = 0
        if known.get("style") == "":
            known["style"] = None
        if "painter" in known and (known.get("custom_style") or known.get("style")):
            known["painter"] = None
        return known

    @model_validator(mode="after")
    def check_pictures(self) -> "PageOrder":
        """One photo, and a style."""
        if self.image is not None and self.upload is not None:
            raise ValueError(A_PHOTO_IS_NEEDED.format(name="image"))
        if not self.custom_style and self.style is None and self.painter is None:
            raise ValueError(A_STYLE_IS_MISSING)
        return self


class Publication(Body):
    """What others are to see of a job; what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    public: Annotated[Flag, words("Show the painting in the feed.")] | Absent = None
    photo_shared: (
        Annotated[
            Flag,
            words(
                "Let others see the photo (and a style picture of your own), "
                "and not the painting alone."
            ),
        ]
        | Absent
    ) = None

    @model_validator(mode="after")
    def check_something_is_given(self) -> "Publication":
        """One of the two, or both."""
        if self.public is None and self.photo_shared is None:
            raise ValueError("Either public or photo_shared is needed, true or false.")
        return self


class Again(Body):
    """With which options a job is run again; without, as it was."""

    model_config = ConfigDict(extra="forbid")

    options: Options | Absent = None


# Bodies that go out ---------------------------------------------------------------------------


def closed(schema: dict[str, Any]) -> None:
    """Answers have no other fields. A client passes over what a newer server adds."""
    schema["additionalProperties"] = False


class Answer(BaseModel):
    """What a server says."""

    model_config = ConfigDict(frozen=True, json_schema_extra=closed)


class ErrorDetail(Answer):
    """What went wrong."""

    code: Annotated[str, words("Does not change; for programs.")]
    message: Annotated[str, words("For people.")]
    id: Annotated[str, words("Of the request; it is in the server's log.")]


class Error(Answer):
    """The one shape of every refusal."""

    error: ErrorDetail


class Style(Answer):
    """A preset of the server's catalogue."""

    id: str
    number: Positive
    name: str
    description: str
    palette: list[Color]
    picture: Annotated[str, words("Its address.")]


class Styles(Answer):
    """The catalogue, in its order."""

    styles: list[Style]


class Upload(Answer):
    """A photo that was sent once and can be painted often: give it in place of the photo."""

    id: JobId
    bytes: Count
    expires_at: Moment
    notes: Notes


class Painting(Answer):
    """A painting that was made at once."""

    image: Annotated[str, words("The painting as a data URL.")]
    width: Positive
    height: Positive
    format: Format
    seconds: Annotated[Annotated[float, Field(ge=0)], words("Of painting alone.")]
    notes: Notes


class JobStyle(Answer):
    """The preset of a job."""

    id: str
    name: str


class JobError(Answer):
    """Why a job failed."""

    code: str
    message: str


class JobUrls(Answer):
    """Where to go from a job; null for what there is not now."""

    page: str
    self: str
    events: str
    preview: str | None
    result: str | None
    content: Annotated[str | None, words("Null where the owner shows the painting alone.")]
    style: Annotated[str | None, words("Null where it is the owner's own and is not shown.")]
    grid: str | None


class Job(Answer):
    """A painting that the server makes in its own time, as it stood when asked."""

    id: JobId
    status: Status
    engine: PaintingEngine
    engine_version: str
    style: Annotated[JobStyle | None, words("Null for a picture of one's own.")]
    options: Options
    progress: Annotated[
        int | float,
        WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
        words("1 only once the result can be fetched."),
    ]
    eta_seconds: Seconds
    stage: Annotated[str, words("A few words for people.")]
    place_in_line: Annotated[Positive | None, words("1 for the next one.")]
    error: Annotated[JobError | None, words("Why it failed.")]
    public: bool
    photo_shared: Annotated[bool, words("Others see the photo, and not the painting alone.")]
    withdrawn: Annotated[bool, words("Taken back from the feed: others do not find it any more.")]
    mine: Annotated[bool, words("Whether you may act on it.")]
    format: Annotated[str, filled_in("format")] | None
    width: int | None
    height: int | None
    seconds: Annotated[Seconds, words("Of painting alone.")]
    created_at: Moment
    started_at: Moment
    finished_at: Moment
    published_at: Moment
    expires_at: Moment
    version: Annotated[Count, words("Grows with every change.")]
    urls: JobUrls
    secret: (
        Annotated[str, words("Lets its holder act on the job; only in the answer to an order.")]
        | Absent
    ) = None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL


class Jobs(Answer):
    """A page of a list of jobs."""

    jobs: list[Job]
    next: Annotated[str | None, words("The next page's address.")]


class Submitted(Answer):
    """The job of an order."""

    job: Job


class Deleted(Answer):
    """How many jobs were deleted."""

    deleted: Count
