"""Whose turn it is, when each job begins and ends, and who may still join the line."""

import itertools

import pytest

from stylekit.jobs import JobStore, Status
from stylekit.jobs.fair_queue import FairQueue, Running, Served, Waiting, fair_order
from tests.jobs.job_table import LEASE, a_job, create


def waiting(*who, cost=1.0):
    """Jobs in line by "address/owner", in the order in which they came."""
    return [
        Waiting(id=f"{n}", address=each.split("/")[0], owner=each, queued_at=n, cost=cost)
        for n, each in enumerate(who)
    ]


def line(*who, running=(), cost=1.0, seconds_per_cost=10.0):
    return FairQueue(
        waiting(*who, cost=cost), running, served=Served(), seconds_per_cost=seconds_per_cost
    )


def owners(jobs, served=None):
    return [each.owner for each in fair_order(jobs, served or Served())]


def test_owners_take_turns_however_many_orders_one_of_them_sent_first():
    jobs = waiting("x/flood", "x/flood", "x/flood", "x/flood", "y/me", "y/me")
    assert owners(jobs) == ["x/flood", "y/me", "x/flood", "y/me", "x/flood", "x/flood"]


def test_many_cookies_of_one_address_share_its_turns():
    jobs = waiting("x/1", "x/2", "x/3", "x/4", "y/me", "y/me")
    assert owners(jobs) == ["x/1", "y/me", "x/2", "y/me", "x/3", "x/4"]


def test_whoever_was_served_longest_ago_is_next():
    jobs = waiting("x/flood", "x/flood", "y/me", "z/new")
    served = Served(
        addresses={"x": 7.0, "y": 5.0}, owners={("x", "x/flood"): 7.0, ("y", "y/me"): 5.0}
    )
    assert owners(jobs, served) == ["z/new", "y/me", "x/flood", "x/flood"]


def test_the_line_says_when_each_begins_and_ends():
    held = Running(id="held", cost=1.0, for_seconds=4.0, eta_seconds=None)
    told = Running(id="told", cost=9.0, for_seconds=4.0, eta_seconds=1.0)
    there = line("x/a", "y/b", "y/b", running=[held, told], seconds_per_cost=10.0)
    found = [there.positions[id] for id in "012"]
    assert [each.number for each in found] == [1, 2, 3]
    assert [each.begins_in_seconds for each in found] == [1.0, 6.0, 11.0]
    assert [each.ends_in_seconds for each in found] == [11.0, 16.0, 21.0]
    assert (there.seconds_left("held"), there.seconds_left("told"), there.seconds_left("1")) == (
        6.0,
        1.0,
        16.0,
    )
    assert there.seconds_left("gone") is None


def admitted(most, newcomers):
    """Who is let in, one after the other."""
    inside = []
    for who in newcomers:
        if line(*inside).has_room(who, who.split("/")[0], most):
            inside.append(who)
    return inside


def test_alone_an_owner_gets_a_third_of_the_line_and_an_address_half_of_it():
    assert len(admitted(90, ["x/flood"] * 90)) == 30
    assert len(admitted(90, [f"x/{n}" for n in range(90)])) == 45


@pytest.mark.parametrize("flooders", [1, 4, 12])
def test_there_is_room_for_one_who_has_nothing_in_line_while_others_flood_it(flooders):
    names = itertools.cycle([f"{n}/flood" for n in range(flooders)])
    inside = admitted(100, itertools.islice(names, 400))
    assert line(*inside).has_room("y/me", "y", 100)


def test_where_no_address_is_known_only_owners_have_shares():
    inside = [f"/{n}" for n in range(60)]
    assert line(*inside).has_room("/new", "", 100)


def test_a_full_line_says_when_its_first_place_becomes_free():
    running = [Running(id="r", cost=1.0, for_seconds=3.0, eta_seconds=None)]
    there = line("x/a", "y/b", running=running)
    assert not there.has_room("z/me", "z", 2)
    assert there.seconds_until_room("z/me", "z", 2) == pytest.approx(7.0)


def test_a_used_share_says_when_it_has_room_again():
    running = [Running(id="r", cost=1.0, for_seconds=3.0, eta_seconds=None)]
    there = line("x/a", "x/a", "x/a", "y/b", running=running)
    # in turn: a, b, a, a; once two of mine have begun, one of four is less than half of the rest
    assert not there.has_room("x/a", "x", 6)
    assert there.seconds_until_room("x/a", "x", 6) == pytest.approx(27.0)


def test_the_table_serves_in_turn_and_remembers_who_was_served(jobs, clock):
    for number in range(4):
        create(jobs, a_job(f"f{number}", owner="flood", address="x"))
        clock.advance(1)
    create(jobs, a_job("m0", owner="me", address="y"))
    create(jobs, a_job("m1", owner="me", address="y"))
    order = []
    while job := jobs.claims.claim_next("gatys", lease_seconds=LEASE):
        clock.advance(1)
        jobs.claims.finish(job.id, job.fence, Status.CANCELLED)
        order.append(job.id)
    assert order == ["f0", "m0", "f1", "m1", "f2", "f3"]


def test_neither_deleting_nor_running_again_gives_another_turn(jobs, clock):
    create(jobs, a_job("f0", owner="flood", address="x"))
    clock.advance(1)
    first = jobs.claims.claim_next("gatys", lease_seconds=LEASE)
    jobs.claims.finish(first.id, first.fence, Status.FAILED)
    clock.advance(1)
    jobs.requeue("f0")
    clock.advance(1)
    create(jobs, a_job("m0", owner="me", address="y"))
    assert jobs.claims.claim_next("gatys", lease_seconds=LEASE).id == "m0"
    second = jobs.claims.claim_next("gatys", lease_seconds=LEASE)
    jobs.claims.finish(second.id, second.fence, Status.DONE)
    jobs.delete("f0")
    create(jobs, a_job("f0", owner="flood", address="x"))
    clock.advance(1)
    create(jobs, a_job("n0", owner="new", address="z"))
    assert jobs.claims.claim_next("gatys", lease_seconds=LEASE).id == "n0"


def test_what_paintings_took_lately_tells_what_the_next_will_take(url, clock):
    jobs = JobStore(url, now=clock, seconds_per_cost=lambda engine: 3.0)
    create(jobs, a_job("a", cost=2.0))
    assert jobs.queues.of("gatys").seconds_left("a") == 6.0
    mine = jobs.claims.claim("a", lease_seconds=LEASE)
    jobs.claims.finish("a", mine.fence, Status.DONE, seconds=20.0)
    create(jobs, a_job("b", cost=3.0))
    assert jobs.queues.of("gatys").seconds_left("b") == 30.0
    jobs.close()
