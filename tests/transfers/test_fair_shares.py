"""A flood from one address, and somebody else who wants two pictures."""

from dataclasses import replace

import pytest

from stylekit.errors import Busy, TooLarge
from stylekit.jobs import Status
from tests.fakes import job_order


def from_address(address, owner, seed, **changes):
    return replace(job_order(owner=owner, options={"seed": seed}, **changes), address=address)


@pytest.mark.parametrize("has_many_cookies", [False, True])
def test_a_flood_from_one_address_costs_another_no_more_than_every_second_turn(
    parts, running, gatys, has_many_cookies
):
    there = parts.transfers
    there.submission.max_queued = 12
    flood, refusals = [], []
    for seed in range(12):
        owner = f"flood-{seed}" if has_many_cookies else "flood"
        try:
            flood.append(there.submit(from_address("x", owner, seed)).id)
        except Busy as refusal:
            refusals.append(refusal.retry_after_seconds)
    assert len(flood) == (6 if has_many_cookies else 4)
    assert min(refusals) >= 1
    mine = [there.submit(from_address("y", "me", seed)).id for seed in (100, 101)]
    gatys.go_on.set()
    for id in (*flood, *mine):
        assert there.wait(id, 60).status == Status.DONE
    in_turn = sorted((*flood, *mine), key=lambda id: parts.jobs.get(id).served_at)
    assert max(in_turn.index(id) for id in mine) <= 3


def test_what_a_job_may_cost_without_a_key(parts):
    there = parts.transfers
    there.settings = replace(parts.settings, max_cost=0.01)
    with pytest.raises(TooLarge, match="megapixels"):
        there.submit(from_address("x", "me", 1))
    for trusted in ("key:partner", ""):
        assert there.submit(from_address(trusted, "me", 1))
