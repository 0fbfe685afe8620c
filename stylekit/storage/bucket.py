"""Files in a Cloud Storage bucket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from stylekit.errors import FileNotStored, StorageUnavailable
from stylekit.storage.base import FileStore, check_key, check_prefix
from stylekit.storage.signed_urls import Links

CONNECT_SECONDS, ANSWER_SECONDS, RETRY_SECONDS = 3.0, 10.0, 10.0
FIRST_PAUSE, MAX_PAUSE = 0.2, 3.0  # seconds between two tries


class BucketStore(FileStore):
    """A Cloud Storage bucket, or the part of one below a prefix; nothing in it is made public."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        client: Any = None,
        answer_seconds: float = ANSWER_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """Connect when first used, by the machine's own credentials unless a `client` is given.

        A server that is silent for `answer_seconds` has failed; what failed is tried again until
        `retry_seconds` have passed.
        """
        self.name, self.prefix = bucket, f"{prefix.strip('/')}/".lstrip("/")
        self._timeout = (CONNECT_SECONDS, answer_seconds)
        self._retry_seconds = retry_seconds
        self._client = client
        self._lock = threading.Lock()
        self._links = Links()

    def write(self, key: str, data: bytes, *, content_type: str) -> None:
        """The bucket compares the checksum before it keeps anything."""
        blob_name = self._name(key)
        with self._errors():
            blob = self._bucket().blob(blob_name)
            blob.cache_control = "private"
            blob.upload_from_string(
                data, content_type=content_type, checksum="crc32c", **self._patience()
            )

    def read(self, key: str) -> bytes:
        """The checksum is compared here."""
        blob_name = self._name(key)
        with self._errors(key):
            blob = self._bucket().blob(blob_name)
            return bytes(blob.download_as_bytes(checksum="crc32c", **self._patience()))

    def exists(self, key: str) -> bool:
        """See `FileStore.exists`."""
        blob_name = self._name(key)
        with self._errors():
            return bool(self._bucket().blob(blob_name).exists(**self._patience()))

    def delete(self, key: str) -> None:
        """See `FileStore.delete`."""
        blob_name = self._name(key)
        with suppress(FileNotStored), self._errors(key):
            self._bucket().blob(blob_name).delete(**self._patience())

    def list(self, prefix: str) -> Iterator[str]:
        """See `FileStore.list`; pages are fetched as they are needed."""
        return (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See `FileStore.sizes`."""
        begin = self.prefix + check_prefix(prefix)
        with self._errors():
            blobs = self._bucket().list_blobs(prefix=begin, **self._patience())
            for blob in blobs:
                yield blob.name.removeprefix(self.prefix), int(blob.size or 0)

    def folders(self, folder: str) -> Iterator[str]:
        """See `FileStore.folders`."""
        begin = self.prefix + check_prefix(folder)
        with self._errors():
            listed = self._bucket().list_blobs(prefix=begin, delimiter="/", **self._patience())
            for page in listed.pages:
                yield from (each.removeprefix(begin).rstrip("/") for each in page.prefixes)

    def remove_unfinished(self, *, older_than_seconds: float) -> None:
        """Nothing: an upload that was broken off leaves no object."""

    def free_bytes(self) -> int | None:
        """None: a bucket is never full."""
        return None

    def link(self, key: str, *, seconds: int) -> str | None:
        """A signed V4 address; None without a key, and until a far signature has come.

        With a key file it is signed here, at once. App Engine and Cloud Run ask a service that may
        take more than a minute: that happens in the background, and a later call finds the address.
        """
        blob_name = self._name(key)
        with self._errors():
            return self._links.find(self._bucket().blob(blob_name), seconds)

    def _name(self, key: str) -> str:
        return self.prefix + check_key(key)

    def _bucket(self) -> Any:
        with self._lock:
            if self._client is None:
                from google.cloud import storage  # half a second, and only where it is needed

                self._client = storage.Client()
            return self._client.bucket(self.name)

    def _patience(self) -> dict[str, Any]:
        """Time limits of one request: of a silence, and of all its tries together."""
        from google.cloud.storage.retry import DEFAULT_RETRY

        retry = DEFAULT_RETRY.with_delay(initial=FIRST_PAUSE, maximum=MAX_PAUSE)
        return {"timeout": self._timeout, "retry": retry.with_timeout(self._retry_seconds)}

    @contextmanager
    def _errors(self, key: str | None = None) -> Iterator[None]:
        """Cloud Storage's errors as ours; what is missing is the `key`, or else the bucket."""
        from google.api_core.exceptions import GoogleAPIError, NotFound
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

        try:
            yield
        except NotFound:
            if key is not None:
                raise FileNotStored(f"There is no file {key}.") from None
            raise StorageUnavailable(f"There is no bucket {self.name}.") from None
        except (GoogleAPIError, GoogleAuthError, DataCorruption, InvalidResponse, OSError) as error:
            raise StorageUnavailable(
                f"The bucket {self.name} cannot be reached ({type(error).__name__})."
            ) from error
