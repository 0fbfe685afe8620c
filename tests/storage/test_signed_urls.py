"""Links to files in a bucket: signed at once with a key at hand, in the background without."""

import threading
import time
import urllib.request

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import Credentials, Signing
from google.oauth2 import service_account

from stylekit.storage import BucketStore
from tests.emulator import BUCKET, client_of

PNG = "image/png"


@pytest.fixture(scope="module")
def key_file() -> service_account.Credentials:
    """Credentials with a private key of their own, as a downloaded key file has it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    return service_account.Credentials.from_service_account_info(
        {"client_email": "a@test.invalid", "private_key": pem, "token_uri": "http://127.0.0.1:9"}
    )


def test_a_link_serves_the_file_without_credentials(bucket_client, emulator_address, key_file):
    BucketStore(BUCKET, "p", client=bucket_client).write("a b.png", b"data", content_type=PNG)
    signing = BucketStore(BUCKET, "p", client=client_of(emulator_address, key_file))
    link = signing.link("a b.png", seconds=60)
    assert link.startswith(f"{emulator_address}/{BUCKET}/p/a%20b.png?")
    assert "X-Goog-Algorithm=GOOG4-RSA-SHA256" in link
    assert "X-Goog-Expires=60" in link
    with urllib.request.urlopen(link, timeout=5) as answer:
        assert answer.read() == b"data"
    assert signing.link("a b.png", seconds=60) == link  # signed once
    assert signing.link("other.png", seconds=60) != link


def test_a_link_is_signed_anew_after_half_its_life(emulator_address, key_file):
    signing = BucketStore(BUCKET, client=client_of(emulator_address, key_file))
    first = signing.link("a.png", seconds=1)
    time.sleep(1.01)
    assert signing.link("a.png", seconds=1) != first


def test_without_a_key_there_is_no_link(bucket_client):
    assert BucketStore(BUCKET, client=bucket_client).link("a.png", seconds=60) is None


class FarKey(Credentials):
    """An account whose key is far away: asking for it takes a while, and may fail."""

    service_account_email = "a@test.invalid"

    def __init__(self, answer: threading.Event) -> None:
        super().__init__()
        self.answer = answer
        self.asked = 0

    def refresh(self, request: object) -> None:
        self.asked += 1
        self.answer.wait(120)
        raise OSError("nobody answers")


def test_a_signature_from_afar_keeps_nobody_waiting(emulator_address, wait):
    answer = threading.Event()
    credentials = FarKey(answer)
    files = BucketStore(BUCKET, client=client_of(emulator_address, credentials))
    began = time.monotonic()
    assert [files.link(key, seconds=60) for key in ("a.png", "a.png", "b.png")] == [None] * 3
    assert time.monotonic() - began < 60  # whoever waits for the answer waits for two minutes
    wait(lambda: credentials.asked)
    answer.set()
    assert credentials.asked == 1  # one at a time, and none for a while after a failure


class SlowKey(Signing, Credentials):
    """An account that stands for another: it signs by asking afar, which takes a while."""

    def __init__(self, key: service_account.Credentials, answer: threading.Event) -> None:
        super().__init__()
        self.key, self.answer = key, answer

    @property
    def signer(self) -> object:
        return self.key.signer

    @property
    def signer_email(self) -> str:
        return self.key.signer_email

    def sign_bytes(self, message: bytes) -> bytes:
        self.answer.wait(120)
        return self.key.sign_bytes(message)

    def refresh(self, request: object) -> None:
        """Nothing to fetch."""


def test_a_link_signed_afar_is_there_for_those_who_ask_later(emulator_address, key_file, wait):
    answer = threading.Event()
    client = client_of(emulator_address, SlowKey(key_file, answer))
    files = BucketStore(BUCKET, client=client)
    assert files.link("a.png", seconds=60) is None
    answer.set()
    link = wait(lambda: files.link("a.png", seconds=60))
    assert "X-Goog-Signature=" in link
