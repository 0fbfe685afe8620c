"""Queues of jobs: threads of this process, or a broker through Celery."""
