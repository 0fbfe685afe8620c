"""How long uploads are kept."""

from dataclasses import replace

import pytest

from stylekit.errors import UploadNotFound
from tests.fakes import picture_bytes

HOUR = 1 / 3600  # an "hour" of one second


@pytest.fixture
def settings(settings):
    return replace(settings, upload_hours=HOUR)


def test_an_upload_lives_for_its_time_and_is_then_removed(parts, wait):
    kept = parts.uploads.keep("me", picture_bytes())
    assert parts.uploads.read("me", kept.id) == picture_bytes()

    def is_gone():
        parts.maintenance.expire()
        return not list(parts.files.list("uploads/"))

    wait(is_gone)
    with pytest.raises(UploadNotFound):
        parts.uploads.read("me", kept.id)
