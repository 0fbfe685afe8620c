"""What others see of a job: the feed, and the photo beside the painting."""

from dataclasses import dataclass

from sqlalchemy import and_, case, null

from stylekit.jobs.changes import HIDDEN, Changes
from stylekit.jobs.job import Job, Status
from stylekit.jobs.queries import Queries
from stylekit.jobs.table import ROW, VISIBLE


@dataclass(frozen=True)
class Sharing:
    """Changes what others see; a job that is so already stays as it is."""

    changes: Changes
    queries: Queries

    def set_public(self, id: str, public: bool) -> Job:
        """Show it in the feed, or take it back."""
        differs = and_(VISIBLE, ROW.public != public)
        if public:
            since = case((ROW.status == Status.DONE, self.changes.now()), else_=null())
            shown = self.changes.one(id, differs, public=True, published_at=since, withdrawn=False)
            return shown or self.queries.get(id)
        hidden = self.changes.one(id, differs, **HIDDEN)
        return hidden or self.queries.get(id)

    def set_photo_shared(self, id: str, shared: bool) -> Job:
        """Let others see the photo beside the painting, or the painting alone."""
        differs = and_(VISIBLE, ROW.photo_shared != shared)
        return self.changes.one(id, differs, photo_shared=shared) or self.queries.get(id)
