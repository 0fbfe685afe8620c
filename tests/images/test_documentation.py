"""docs/formats.md says what the code does."""

import re

from stylekit.errors import NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall
from stylekit.images import FORMATS
from stylekit.images.png import MAX_PROFILE
from stylekit.settings import PROJECT_ROOT, Settings

PAGE = (PROJECT_ROOT / "docs" / "formats.md").read_text()


def test_the_table_of_formats_is_the_list_of_the_code():
    rows = re.findall(r"^\| (.+?) \| `(.+?)` \| (.+?) \| `(.+?)` \|$", PAGE, re.MULTILINE)
    told = {
        words: (media_type, tuple(re.findall(r"`(.+?)`", endings)), kept_as)
        for words, media_type, endings, kept_as in rows
    }
    known = {each.words: (each.mime_type, each.suffixes, each.kept_as) for each in FORMATS.values()}
    assert told == known


def test_the_numbers_are_those_of_the_code():
    assert f"longer than {MAX_PROFILE // 10**6} MB" in PAGE
    assert f"{Settings().max_pixels // 10**6} megapixels by default" in PAGE


def test_every_refusal_has_the_code_that_an_answer_has():
    for error in (NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall):
        assert f"(`{error.code}`)" in PAGE
