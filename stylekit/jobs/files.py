"""Where the files of a job are kept."""

from stylekit.jobs.job import Job


def preview_key(job: Job, version: int) -> str:
    """Where a preview is kept."""
    return f"{job.folder}/preview-{version}.jpeg"
