"""A job, its states, and the table that remembers it (SQLite, or PostgreSQL by URL)."""

from stylekit.jobs.job import Job, Result, Status
from stylekit.jobs.store import JobStore

__all__ = ["Job", "JobStore", "Result", "Status"]
