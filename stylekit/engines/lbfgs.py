"""Finds the least of a smooth function of many numbers between 0 and 1, by L-BFGS."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]

Objective: TypeAlias = Callable[[Vector], tuple[float, Vector]]
"""The value at a point, and the gradient there. May raise, to stop."""

MEMORY = 10  # steps that are remembered to estimate the curvature
FIRST_STEP = 0.005  # mean change of a number by the first step, before any curvature is known
TRIALS = 6  # lengths tried along one direction
ENOUGH = 1e-4  # share of the promised decrease that a step must bring (Armijo)


class Move(NamedTuple):
    """One step that was taken, and what it told about the curvature."""

    step: Vector  # difference of the points
    turn: Vector  # difference of the gradients
    scale: float  # 1 / (step · turn)


class Place(NamedTuple):
    """A point, with the objective's value and gradient there."""

    point: Vector
    value: float
    gradient: Vector


Moves: TypeAlias = deque[Move]
"""The latest steps, which tell the curvature."""


def new_moves() -> Moves:
    """No steps yet."""
    return deque(maxlen=MEMORY)


def minimise(
    objective: Objective, start: Vector, *, steps: int, moves: Moves | None = None
) -> Vector:
    """Walk `steps` steps down from `start`; returns the point reached, each number in [0, 1].

    `moves` are those of a run before, with nearly the same objective; what is learnt is added.

    After Nocedal (1980). Where L-BFGS-B (Byrd et al. 1995) solves for the bounds exactly, we cut
    each trial off at 0 and 1: on pictures that ends as low, in half the time (docs/experiments.md).
    """
    moves = new_moves() if moves is None else moves
    place = Place(start, *objective(start))
    for _ in range(steps):
        following = _step(objective, place, _direction(place.gradient, moves))
        if following is None and not moves:
            break  # not even straight downhill is lower: this is the bottom
        if following is None:
            moves.clear()
            continue
        _remember(moves, place, following)
        place = following
    return place.point


def _direction(gradient: Vector, moves: Moves) -> Vector:
    """Minus the gradient times the estimated inverse curvature: the two-loop recursion."""
    if not moves:
        return gradient * np.float32(-FIRST_STEP / max(float(np.abs(gradient).mean()), 1e-12))
    direction = -gradient
    shares = []
    for move in reversed(moves):
        share = move.scale * float(np.dot(move.step, direction))
        direction -= np.float32(share) * move.turn
        shares.append(share)
    latest = moves[-1]
    direction *= np.float32(1 / (latest.scale * float(np.dot(latest.turn, latest.turn))))
    for move, share in zip(moves, reversed(shares), strict=True):
        back = move.scale * float(np.dot(move.turn, direction))
        direction += np.float32(share - back) * move.step
    return direction


def _step(objective: Objective, place: Place, direction: Vector) -> Place | None:
    """The first point along `direction` that is low enough, or None."""
    slope = float(np.dot(place.gradient, direction))
    if slope >= 0:
        return None
    length = 1.0
    for _ in range(TRIALS):
        point = np.clip(place.point + np.float32(length) * direction, 0, 1)
        value, gradient = objective(point)
        if value <= place.value + ENOUGH * length * slope:
            return Place(point, value, gradient)
        # The least of the parabola through what is known, but not too near and not too far.
        curve = value - place.value - length * slope
        length *= min(0.5, max(0.1, -length * slope / (2 * curve)))
    return None


def _remember(moves: Moves, before: Place, after: Place) -> None:
    step, turn = after.point - before.point, after.gradient - before.gradient
    together = float(np.dot(step, turn))
    if together > 1e-10 * float(np.linalg.norm(step)) * float(np.linalg.norm(turn)):
        moves.append(Move(step, turn, 1 / together))
