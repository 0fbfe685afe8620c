"""For those who run it: health, metrics and the access log."""
