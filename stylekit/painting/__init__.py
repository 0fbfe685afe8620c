"""Paints: admission, the engines' executor, and the runner that takes a job from queued to done."""
