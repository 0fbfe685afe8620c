"""A seeded fuzzer of files, bodies and sockets: nothing that it sends is a fault of the server.

Runs for `STYLEKIT_FUZZ_SECONDS` (10), from a seed that does not change; longer by hand:
`STYLEKIT_FUZZ_SECONDS=600 python -m pytest tests/web/security/test_fuzz.py`.
"""

import os
import time

import pytest

from benchmarks import hostile
from stylekit.errors import BadPicture, TooLarge
from tests.images.scenes import LIMITS

SECONDS = float(os.environ.get("STYLEKIT_FUZZ_SECONDS", "10"))


def for_a_while(things):
    """As many of them as there is time for, and at least some."""
    end = time.monotonic() + SECONDS / 2
    for number, each in enumerate(things):
        if number >= 50 and time.monotonic() > end:
            return
        yield number, each


@pytest.mark.parametrize("seed", [1])
def test_no_request_is_a_fault_of_the_server(client, seed):
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    for number, each in for_a_while(hostile.requests(seed)):
        answer = client.open(each.path, method=each.method, data=each.body, headers=each.headers)
        assert answer.status_code < 500 or answer.status_code == 503, (number, each, answer.text)
        answer.close()


@pytest.mark.parametrize("seed", [2])
def test_every_file_is_read_or_refused(pictures, seed):
    for number, each in for_a_while(hostile.files(seed)):
        try:
            pictures.read(each, LIMITS)
        except (BadPicture, TooLarge) as refusal:
            said = str(refusal)
        else:
            continue
        assert 20 < len(said) < 400, (number, said)
