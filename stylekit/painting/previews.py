"""The previews of one attempt; each replaces the one before."""

from stylekit import images
from stylekit.engines.base import Picture
from stylekit.images import Plane
from stylekit.jobs import Job
from stylekit.jobs.files import preview_key
from stylekit.painting.task import PREVIEW_SIDE
from stylekit.storage import FileStore

REPORTS_PER_PREVIEW = 2  # at least, between two previews
PREVIEW_QUALITY = 80
PREVIEWS_PER_ATTEMPT = 100_000  # previews of different attempts never share a number


class Previews:
    """What is stored for a job that is being painted. One thread at a time."""

    def __init__(self, job: Job, files: FileStore) -> None:
        """Go on from the previews that an earlier attempt left."""
        self.job, self.files = job, files
        self.version = job.preview_version
        self.alpha: Plane | None = None  # of the photograph, whose previews are shown on white
        self._stored = [job.preview_version] if job.preview_version else []
        self._shown: Picture | None = None
        self._reports_until_next = 0

    def store(self, preview: Picture | None) -> None:
        """Store the picture, unless it is the last one or that was just now."""
        self._reports_until_next -= 1
        if preview is None or preview is self._shown or self._reports_until_next > 0:
            return
        self._reports_until_next = REPORTS_PER_PREVIEW
        small = images.fit(preview, longest_side=PREVIEW_SIDE)
        alpha = None
        if self.alpha is not None:
            alpha = images.resize(self.alpha[..., None], *small.shape[:2])[..., 0]
        version = max(self.version, self.job.fence * PREVIEWS_PER_ATTEMPT) + 1
        self.files.write(
            preview_key(self.job, version),
            images.encode(small, "jpeg", alpha=alpha, quality=PREVIEW_QUALITY),
            content_type="image/jpeg",
        )
        self.version, self._shown = version, preview
        self._stored.append(version)

    def remove_old(self) -> None:
        """Remove all but the newest, once the row names that."""
        self._remove(self._stored[:-1])

    def remove_all(self) -> None:
        """Remove every one of them."""
        self._remove(list(self._stored))

    def _remove(self, versions: list[int]) -> None:
        for version in versions:
            self.files.delete(preview_key(self.job, version))
            self._stored.remove(version)
