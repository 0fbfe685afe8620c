"""Stop and go on: everything that a training run must remember, in one file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np


def save(path: Path, objective: keras.Model, step: int) -> None:
    """Write the weights, the optimiser's memory and the step; a crash leaves the old file whole."""
    groups = {"weight": objective.trainable_variables, objective.optimizer.name: _memory(objective)}
    arrays = {
        f"{group} {index:04}": _array(value)
        for group, variables in groups.items()
        for index, value in enumerate(variables)
    }
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, step=step, **arrays)
    unfinished.replace(path)


def step(path: Path) -> int:
    """How many steps were done when `save` wrote to `path`; 0 without a file."""
    if not path.is_file():
        return 0
    with np.load(path, allow_pickle=False) as stored:
        return int(stored["step"])


def restore(path: Path, objective: keras.Model) -> None:
    """Read what `save` wrote, if anything, into a compiled and built `objective`.

    Another optimiser than the one that wrote it starts without a memory.
    """
    if not path.is_file():
        return
    memory, name = _memory(objective), objective.optimizer.name
    with np.load(path, allow_pickle=False) as stored:
        groups = {"weight": objective.trainable_variables}
        if f"{name} 0000" in stored:
            groups[name] = memory
        for group, variables in groups.items():
            for index, variable in enumerate(variables):
                variable.assign(stored[f"{group} {index:04}"])


def _memory(objective: keras.Model) -> list[keras.Variable]:
    if not objective.optimizer.built:
        objective.optimizer.build(objective.trainable_variables)
    return objective.optimizer.variables


def _array(variable: keras.Variable) -> np.ndarray:
    return variable.numpy().copy()


@contextmanager
def averaged(objective: keras.Model) -> Iterator[None]:
    """Within, the weights are their moving averages, which paint better than the latest."""
    latest = [_array(variable) for variable in objective.trainable_variables]
    objective.optimizer.finalize_variable_values(objective.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(objective.trainable_variables, latest, strict=True):
            variable.assign(value)
