"""Painting: admission, the executor of the engines, and the runner of jobs."""
