"""Links that work for a while."""

import pytest

from stylekit.errors import Gone, NotFound
from stylekit.web.security.signed_links import seal, unseal

ID, SECRET = "0123456789abcdef" * 2, b"a secret of the tests"


def test_a_sealed_id_is_opened_again_and_cannot_be_read():
    sealed = seal(ID, SECRET, seconds=60)
    assert unseal(sealed, SECRET) == ID
    assert ID not in sealed
    assert sealed != seal(ID, SECRET, seconds=60)


def test_a_link_ends():
    with pytest.raises(Gone):
        unseal(seal(ID, SECRET, seconds=-1), SECRET)


@pytest.mark.parametrize("sealed", ["", "x", "é", "a.b", "A" * 44, seal(ID, b"other", seconds=60)])
def test_what_was_not_sealed_here_is_no_link(sealed):
    with pytest.raises(NotFound):
        unseal(sealed, SECRET)


def test_a_link_that_was_changed_is_none():
    sealed = seal(ID, SECRET, seconds=60)
    for at in range(len(sealed)):
        other = "A" if sealed[at] != "A" else "Q"  # B may mean the same at the end of base64
        changed = sealed[:at] + other + sealed[at + 1 :]
        with pytest.raises(NotFound):
            unseal(changed, SECRET)
