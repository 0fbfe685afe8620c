"""Where the files of a job are kept, and how they are removed."""

import secrets
from collections.abc import Collection

from stylekit.errors import JobNotFound
from stylekit.jobs.job import Job
from stylekit.jobs.store import JobStore
from stylekit.storage import FileStore

ROOT = "jobs"


def new_folder(id: str) -> str:
    """A folder for a job's files that no earlier job of this id had: see `Job.folder`."""
    return f"{ROOT}/{id}/{secrets.token_hex(4)}"


def preview_key(job: Job, version: int) -> str:
    """Where a preview is kept."""
    return f"{job.folder}/preview-{version}.jpeg"


def result_key(job: Job) -> str:
    """Where the attempt that holds the job's fence stores its result."""
    return f"{job.folder}/result-{job.fence}.{job.result_format}"


def small_key(job: Job, name: str, side: int, format: str) -> str:
    """Where a small copy of one of the job's files is kept."""
    return f"{job.folder}/small-{name}-{side}.{format}"


def remove_folder(files: FileStore, folder: str, *, but: Collection[str] = ()) -> None:
    """Remove all that is kept in a job's folder, except for some keys."""
    for key in set(files.list(f"{folder}/")) - set(but):
        files.delete(key)


def remove_unnamed(files: FileStore, jobs: JobStore, id: str) -> None:
    """Remove all that lies under a job's id and is not in the folder that its row names.

    Of a deleted or expired job that is everything, also what a process that died left beside it.
    Whoever submits the same picture at this moment looks after its files once it has the row.
    """
    folders = {key.rpartition("/")[0] for key in files.list(f"{ROOT}/{id}/")}
    for folder in sorted(folders):
        if folder != named_folder(jobs, id):
            remove_folder(files, folder)


def named_folder(jobs: JobStore, id: str) -> str | None:
    """Where the files of a job that is there are kept; None where they are to go."""
    try:
        job = jobs.get(id)
    except JobNotFound:
        return None
    return None if job.deleted or job.expired else job.folder
