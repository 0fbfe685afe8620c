"""A server that paints the pictures of a batch. Painting here does without what this imports."""

import time
from argparse import Namespace

from stylekit.cli.arguments import given_options
from stylekit.cli.batches import Item
from stylekit.cli.painters import OnFraction
from stylekit.cli.report import code_of
from stylekit.client import Client, ClientError, ServerError
from stylekit.client import Job as RemoteJob
from stylekit.engines.registry import options_from
from stylekit.errors import StylekitError
from stylekit.settings import Settings

BUSY_SECONDS = 120.0  # a server that refuses because it is busy is asked again this long


class NotPainted(StylekitError):
    """A picture that a server did not paint."""

    def __init__(self, error: ClientError) -> None:
        """Take over what the client says, and the code of it."""
        super().__init__(str(error))
        self.code = code_of(error)


class RemotePainter:
    """Lets a server paint, and brings the result back."""

    notes: tuple[str, ...] = ()

    def __init__(self, said: Namespace, settings: Settings) -> None:
        """Check the options here, so that a typing error costs no upload."""
        self.options = given_options(said)
        options_from(said.engine, self.options)
        self.engine = said.engine
        self.client = Client(said.server, api_key=said.api_key or settings.api_key)

    def paint(self, item: Item, on_fraction: OnFraction) -> bytes:
        """Fast paintings come with the answer; others are submitted, waited for and fetched.

        Raises:
            NotPainted: in the server's words, or because it cannot be reached.
        """
        try:
            return self.painted(item, on_fraction)
        except ClientError as error:
            raise NotPainted(error) from error

    def painted(self, item: Item, on_fraction: OnFraction) -> bytes:
        """The same, with the client's own errors."""
        style = item.style if isinstance(item.style, str) else item.style.data
        photo, format = item.photo.data, item.format or ""
        if self.engine == "fast":
            return self.paint_now(photo, style, format)

        def on_job(job: RemoteJob) -> None:
            left = f"{job.eta_seconds:.0f} s left" if job.eta_seconds else job.stage or job.status
            on_fraction(job.progress, left)

        job = self.client.submit(photo, style, engine=self.engine, format=format, **self.options)
        try:
            self.client.wait(job, on_job)
        except KeyboardInterrupt:
            self.client.cancel(job)
            raise
        return self.client.result(job)

    def paint_now(self, photo: bytes, style: str | bytes, format: str) -> bytes:
        """The answer to one request, which is asked again while the server is busy."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self.client.paint(photo, style, format=format, **self.options)
            except ServerError as error:
                if error.status not in (429, 503) or time.monotonic() > deadline:
                    raise
                time.sleep(error.retry_after or 1.0)
