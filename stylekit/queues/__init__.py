"""Where jobs wait: in threads of this process, or in a broker that Celery speaks to."""
