"""The sizes that a painting grows through, and how far along it is."""

import numpy as np
import pytest

from stylekit.engines.base import GatysOptions
from stylekit.engines.scales import Reporter, Scale, plan_scales


@pytest.mark.parametrize("size", [(512, 512), (300, 700), (3000, 4000), (40, 30), (16, 4000)])
@pytest.mark.parametrize("iterations", [1, 7, 160])
def test_all_steps_are_taken_and_the_last_scale_is_the_whole(size, iterations):
    plan = plan_scales(*size, GatysOptions(iterations=iterations))
    longest = min(max(size), 512)
    assert sum(scale.steps for scale in plan) == iterations
    assert max(plan[-1].height, plan[-1].width) == longest
    assert all(min(scale.height, scale.width) >= 16 for scale in plan)


def test_each_scale_is_twice_the_one_before():
    plan = plan_scales(768, 1024, GatysOptions(max_side=1024))
    assert [(scale.height, scale.width) for scale in plan] == [
        (96, 128),
        (192, 256),
        (384, 512),
        (768, 1024),
    ]


@pytest.mark.parametrize(("steps", "count"), [(1, 1), (15, 1), (20, 2), (27, 3), (500, 3)])
def test_all_steps_of_a_scale_are_taken_in_walks_of_about_one_length(steps, count):
    scale = Scale(height=96, width=96, steps=steps)
    assert sum(scale.walks) == steps
    assert len(scale.walks) == count
    assert max(scale.walks) - min(scale.walks) <= 1
    assert scale.looks == steps + count


def test_a_start_from_the_fast_picture_needs_fewer_scales():
    assert len(plan_scales(512, 512, GatysOptions(start="fast"))) == 2


def test_the_report_counts_the_whole_run_and_its_remaining_seconds_fall(clock):
    plan = plan_scales(256, 256, GatysOptions(max_side=256, iterations=8))
    told = []
    reporter = Reporter(plan, told.append, clock=clock)
    for scale in plan:
        for _ in range(scale.looks):
            clock.advance(0.31)  # a little more than reports are apart
            reporter.report(np.zeros((8, 8, 3), np.float32), {"style": 1.0})
        reporter.finish_scale()
    fractions = [now.fraction for now in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert 0.9 < fractions[-1] < 1
    assert {now.stage for now in told} == {"128 of 256 px", "256 of 256 px"}
    assert told[-1].eta_seconds == pytest.approx(0, abs=0.01)
    assert told[-2].eta_seconds == pytest.approx(0.31, abs=0.01)


def test_the_first_look_at_a_size_builds_graphs_and_tells_nothing_of_the_time_left(clock):
    told = []
    plan = plan_scales(96, 96, GatysOptions(iterations=40))
    reporter = Reporter(plan, told.append, clock=clock)
    for seconds in (0.5, 0.31, 0.31):
        clock.advance(seconds)
        reporter.report(np.zeros((8, 8, 3), np.float32), {"style": 1.0})
    assert [now.eta_seconds for now in told[:2]] == [None, None]
    assert told[-1].eta_seconds == pytest.approx(0.31 * (plan[0].looks - 3), rel=0.01)


def test_a_time_limit_is_shared_between_the_scales_by_their_work(clock):
    plan = plan_scales(192, 192, GatysOptions(max_side=192, iterations=4000))
    told = []
    reporter = Reporter(plan, told.append, seconds=6, clock=clock)
    reporter.report(np.zeros((8, 8, 3), np.float32), {})  # the first look: the clock starts
    assert not reporter.is_scale_over
    share = plan[0].work / (plan[0].work + plan[1].work)
    clock.advance(6 * share + 0.05)
    assert reporter.is_scale_over
    reporter.finish_scale()
    reporter.report(np.zeros((8, 8, 3), np.float32), {})
    assert told[-1].fraction >= share
    assert told[-1].eta_seconds <= 6 * (1 - share)
