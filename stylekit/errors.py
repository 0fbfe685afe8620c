"""All errors, as one tree.

StylekitError
├── BadRequest                what was asked for cannot be done; the message says what to change
│   ├── BadOption             a setting of the request has a value that it cannot have
│   ├── BadPicture            the bytes are not a picture that we can read
│   │   ├── NotAPicture
│   │   ├── PictureDamaged    truncated or corrupt
│   │   ├── PictureTooCostly  reading it takes more time or memory than we spend on one
│   │   └── PictureTooSmall
│   └── TooLarge              more than a stated limit
│       ├── RequestTooLarge   bytes
│       └── PictureTooLarge   pixels, or bytes of one picture
├── NotFound                  nothing by that name, or not yours to see
│   ├── StyleNotFound
│   ├── JobNotFound
│   ├── UploadNotFound        it has expired, or is another's
│   └── FileNotStored
├── NotReady                  the job exists, its result does not yet
├── Gone                      it existed and has expired or was deleted
├── NotAllowed                known, but not permitted (a foreign origin)
│   └── KeyNeeded             an API key is missing or wrong
├── Conflict                  the state of the thing forbids it (one idempotency key, two bodies)
├── Unavailable               it may work in a moment; try again
│   ├── Busy                  all places are taken
│   │   └── StillPainting     it takes longer than the caller waits, and goes on as a job
│   ├── QueueUnavailable      the broker is away
│   ├── StorageUnavailable    the bucket or the database is away
│   └── TooManyRequests       a quota is used up
├── Cancelled                 somebody asked to stop; not a failure
├── LeaseLost                 another worker owns this job now; stop and write nothing
├── PaintingFailed            the engine could not finish (a loss that is not finite)
│   └── NotEnoughMemory       the picture may be painted when less is going on, or smaller
├── ModelBroken               weights are missing or do not match their checksum
└── BadSettings               the environment says something that cannot be
"""

MAX_ECHOED = 200  # characters of a caller's own words that an error repeats


def echo(value: object) -> str:
    """A value as an error repeats it."""
    words = repr(value)
    return words if len(words) <= MAX_ECHOED else f"{words[: MAX_ECHOED - 1]}…"


class StylekitError(Exception):
    """Root of the tree. Its text is written for the person who asked and may be shown to them."""

    code = "error"
    """Stable, machine-readable name of the class of error, for API clients."""


class BadRequest(StylekitError):
    """What was asked for cannot be done; the message says what to change."""

    code = "bad_request"


class BadOption(BadRequest):
    """A setting of the request has a value that it cannot have."""

    code = "bad_option"


class BadPicture(BadRequest):
    """The bytes are not a picture that we can read."""

    code = "bad_picture"


class NotAPicture(BadPicture):
    """The bytes are no picture in any format that we read."""

    code = "not_a_picture"


class PictureDamaged(BadPicture):
    """A picture, but cut off or corrupt."""

    code = "picture_damaged"


class PictureTooCostly(BadPicture):
    """Reading the picture takes more time or memory than we spend on one of its size."""

    code = "picture_too_costly"


class PictureTooSmall(BadPicture):
    """A picture with a side shorter than the networks can see."""

    code = "picture_too_small"


class TooLarge(BadRequest):
    """More than a stated limit."""

    code = "too_large"


class RequestTooLarge(TooLarge):
    """The request's body has more bytes than the server accepts."""

    code = "request_too_large"


class PictureTooLarge(TooLarge):
    """A picture with more pixels or bytes than the limit."""

    code = "picture_too_large"


class NotFound(StylekitError):
    """Nothing by that name, or not yours to see; which of the two is not told."""

    code = "not_found"


class StyleNotFound(NotFound):
    """The catalogue has no style by that name or number."""

    code = "style_not_found"


class JobNotFound(NotFound):
    """No job by that id that the caller may see."""

    code = "job_not_found"


class UploadNotFound(NotFound):
    """No upload by that id that is the caller's and has not expired."""

    code = "upload_not_found"


class FileNotStored(NotFound):
    """The store holds nothing under that key."""

    code = "file_not_stored"


class NotReady(StylekitError):
    """The job exists, its result does not yet."""

    code = "not_ready"


class Gone(StylekitError):
    """It existed and has expired or was deleted."""

    code = "gone"


class NotAllowed(StylekitError):
    """Known, but not permitted."""

    code = "not_allowed"


class KeyNeeded(NotAllowed):
    """An API key is missing or wrong."""

    code = "key_needed"


class Conflict(StylekitError):
    """The state of the thing forbids what was asked."""

    code = "conflict"


class Unavailable(StylekitError):
    """It may work in a moment. `retry_after_seconds` says when to ask again."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        """Keep the message and the seconds after which asking again makes sense."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyRequests(Unavailable):
    """A quota is used up."""

    code = "too_many_requests"


class Busy(Unavailable):
    """Every place for a painting, and in the line before it, is taken."""

    code = "busy"


class StillPainting(Busy):
    """The painting is not finished in the time that a caller waits; it goes on as a job."""

    def __init__(self, message: str, *, job_id: str, retry_after_seconds: int = 5) -> None:
        """Keep the id of the job, too: whoever keeps no cookie can ask for it there."""
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.job_id = job_id


class QueueUnavailable(Unavailable):
    """The broker cannot be reached."""

    code = "queue_unavailable"


class StorageUnavailable(Unavailable):
    """The file store or the job table cannot be reached."""

    code = "storage_unavailable"


class Cancelled(StylekitError):
    """Somebody asked to stop. Engines let it pass."""

    code = "cancelled"


class LeaseLost(StylekitError):
    """Another worker owns this job now; whoever gets this stops and writes nothing."""

    code = "lease_lost"


class PaintingFailed(StylekitError):
    """The engine could not finish."""

    code = "painting_failed"


class NotEnoughMemory(PaintingFailed):
    """There is not enough memory for it at the moment; the picture is not at fault."""

    code = "not_enough_memory"


class ModelBroken(StylekitError):
    """Weights are missing or do not match their checksum."""

    code = "model_broken"


class BadSettings(StylekitError):
    """The environment says something that cannot be."""

    code = "bad_settings"
