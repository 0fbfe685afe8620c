"""Use cases: everything that a caller can ask for, and maintenance."""
