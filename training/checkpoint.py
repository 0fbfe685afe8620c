"""Stop and go on: everything that a training run must remember, in one file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np


def save(path: Path, lesson: keras.Model, step: int) -> None:
    """Write the weights, the optimiser's memory and the step; a crash leaves the old file whole."""
    arrays = {f"{index:04}": _array(value) for index, value in enumerate(_variables(lesson))}
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, step=step, **arrays)
    unfinished.replace(path)


def restore(path: Path, lesson: keras.Model) -> int:
    """Read what `save` wrote into a compiled and built `lesson`; the step, 0 without a file."""
    if not path.is_file():
        return 0
    with np.load(path, allow_pickle=False) as stored:
        for index, variable in enumerate(_variables(lesson)):
            variable.assign(stored[f"{index:04}"])
        return int(stored["step"])


def _variables(lesson: keras.Model) -> list[keras.Variable]:
    if not lesson.optimizer.built:
        lesson.optimizer.build(lesson.trainable_variables)
    return [*lesson.trainable_variables, *lesson.optimizer.variables]


def _array(variable: keras.Variable) -> np.ndarray:
    return variable.numpy().copy()


@contextmanager
def averaged(lesson: keras.Model) -> Iterator[None]:
    """Within, the weights are their moving averages, which paint better than the latest."""
    latest = [_array(variable) for variable in lesson.trainable_variables]
    lesson.optimizer.finalize_variable_values(lesson.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(lesson.trainable_variables, latest, strict=True):
            variable.assign(value)
