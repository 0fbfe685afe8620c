"""For operators: health checks, metrics and the access log."""
