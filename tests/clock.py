"""A clock that tests turn by hand."""


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.time = 1_000_000.0

    def __call__(self) -> float:
        """The time now, in seconds."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.time += seconds
