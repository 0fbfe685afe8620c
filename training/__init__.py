"""Makes what engines/weights holds. Serving never imports it."""
