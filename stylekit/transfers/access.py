"""Who may look at a job, and who may change it: its owner, or the holder of its secret."""

from dataclasses import dataclass

from stylekit.errors import Gone, JobNotFound
from stylekit.jobs import Job, JobStore
from stylekit.transfers.ids import JobIds


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: the owner of jobs, or whoever holds the secret of one."""

    owner: str = ""
    secret: str = ""


class Access:
    """Finds jobs, for whoever may see them. An id of 128 bits is what most callers need."""

    def __init__(self, *, jobs: JobStore, ids: JobIds, keep_days: float) -> None:
        """Look into this table; the secrets of its jobs come from `ids`."""
        self.jobs, self.ids, self.keep_days = jobs, ids, keep_days

    def find(self, id: str) -> Job:
        """The job as it stands.

        Raises:
            JobNotFound: when there is none.
            Gone: when it was deleted or has expired.
        """
        job = self.jobs.get(id)
        if job.deleted:
            raise Gone("This picture was deleted by its owner.")
        if job.expired:
            raise Gone(f"This picture has expired; none is kept over {self.keep_days:g} days.")
        return job

    def look(self, id: str, caller: Caller) -> Job:
        """The job as it stands, for whoever knows its id.

        Raises:
            JobNotFound, Gone: as `find`; and what was taken back from the feed, where everybody
                could read its id, is there only for those who may act on it.
        """
        self.refuse_strangers(id, caller)
        return self.find(id)

    def refuse_strangers(self, id: str, caller: Caller) -> None:
        """Do nothing, unless the job is withdrawn and the caller may not act on it.

        Raises:
            JobNotFound: then, and when there is none.
        """
        job = self.jobs.get(id)
        if job.withdrawn and not self.may_act(job, caller):
            raise JobNotFound(f"There is no job {id}.")

    def refuse_to_show_photo(self, id: str, caller: Caller) -> None:
        """Do nothing, unless the painting alone is for this caller.

        Raises:
            JobNotFound: then, and when there is no such job.
        """
        if not self.may_see_photo(self.find(id), caller):
            raise JobNotFound("Its owner shows the painting alone.")

    def may_see_photo(self, job: Job, caller: Caller) -> bool:
        """Whether the caller may see the photo (and a style picture of the owner's own)."""
        return job.photo_shared or self.may_act(job, caller)

    def may_act(self, job: Job, caller: Caller) -> bool:
        """Whether the caller may cancel, delete, publish or run the job again."""
        is_owner = bool(caller.owner) and caller.owner == job.owner
        return is_owner or self.ids.is_secret_of(job.id, caller.secret)

    def refuse_others(self, job: Job, caller: Caller) -> None:
        """Raise JobNotFound unless the caller may act on the job."""
        if not self.may_act(job, caller):
            raise JobNotFound(f"There is no job {job.id}.")

    def own(self, id: str, caller: Caller) -> Job:
        """The job as it stands, for those who may act on it.

        Raises:
            JobNotFound: also for everybody else; Gone.
        """
        job = self.find(id)
        self.refuse_others(job, caller)
        return job

    def secret_of(self, job: Job) -> str:
        """What whoever submitted the job may act on it with, from elsewhere."""
        return self.ids.secret_of(job.id)
