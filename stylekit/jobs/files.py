"""Where the files of a job are kept, and how they are removed."""

import secrets
from collections.abc import Collection

from stylekit.jobs.job import Job
from stylekit.storage import FileStore


def new_folder(id: str) -> str:
    """A folder for a job's files that no earlier job of this id had: see `Job.folder`."""
    return f"jobs/{id}/{secrets.token_hex(4)}"


def preview_key(job: Job, version: int) -> str:
    """Where a preview is kept."""
    return f"{job.folder}/preview-{version}.jpeg"


def result_key(job: Job) -> str:
    """Where the attempt that holds the job's fence stores its result."""
    return f"{job.folder}/result-{job.fence}.{job.result_format}"


def remove_folder(files: FileStore, folder: str, *, but: Collection[str] = ()) -> None:
    """Remove all that is kept in a job's folder, except for some keys."""
    for key in set(files.list(f"{folder}/")) - set(but):
        files.delete(key)


def remove_unused(files: FileStore, folder: str, job: Job | None) -> None:
    """Remove a folder that did not become the job's."""
    if job is None or job.deleted or job.folder != folder:
        remove_folder(files, folder)
