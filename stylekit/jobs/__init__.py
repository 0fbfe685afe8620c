"""Jobs and their states, in a table of SQLite or PostgreSQL."""

from stylekit.jobs.job import Job, Result, Status
from stylekit.jobs.store import JobStore

__all__ = ["Job", "JobStore", "Result", "Status"]
