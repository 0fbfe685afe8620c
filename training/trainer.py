"""Trains an objective through the phases of its recipe, with checkpoints and a log on the way."""

import math
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from training import checkpoint
from training.optimizers import new_optimizer

Inputs = tuple[np.ndarray, ...]
"""What one step of an objective takes: batches of the same number of pictures."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Some steps at one size of crops, with a learning rate that falls along a cosine."""

    side: int  # of the square crops, in pixels
    batch: int
    steps: int
    learning_rate: float
    last_learning_rate: float = 0.0
    optimizer: str = "adam"  # or "muon"
    noise: float = 1.0  # how much of it a painter gets
    loss: dict[str, float] = field(default_factory=dict)  # what counts otherwise than usually


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one model is made: read from `recipes/NAME.toml`."""

    seed: int
    phases: list[Phase]
    options: dict[str, Any]  # what only this objective knows: widths, weights of its losses

    @property
    def steps(self) -> int:
        """Steps of all phases together."""
        return sum(phase.steps for phase in self.phases)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from TOML."""
    table = tomllib.loads(path.read_text())
    phases = [Phase(**phase) for phase in table["phases"]]
    return Recipe(seed=table["seed"], phases=phases, options=table.get("options", {}))


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """One run of a recipe in a folder of its own, from which it goes on when started again."""

    objective: keras.Model  # its output is its loss: (pictures, terms)
    recipe: Recipe
    batches: Callable[[Phase, np.random.Generator], Iterator[Inputs]]
    folder: Path
    on_checkpoint: Callable[[int], None]  # is given the step; writes weights and sheets
    checkpoint_seconds: float = 120.0

    def run(self) -> None:
        """Train until the last phase is done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        done, before, learning = checkpoint.step(self._checkpoint), 0, ""
        for phase in self.recipe.phases:
            if done < before + phase.steps:
                if phase.optimizer != learning:
                    compile_objective(self.objective, learning := phase.optimizer)
                    checkpoint.restore(self._checkpoint, self.objective)
                self._run_phase(phase, first=max(done - before, 0), before=before)
                self._keep(before + phase.steps)
            before += phase.steps

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.npz"

    def _run_phase(self, phase: Phase, first: int, before: int) -> None:
        random = np.random.default_rng([self.recipe.seed, before + first])
        # Traced anew for this size of crops: what went on at another size would leave it open.
        self.objective.make_train_function(force=True)
        kept = logged = time.monotonic()
        losses: list[float] = []
        for step, inputs in zip(
            range(first, phase.steps), ahead(self.batches(phase, random)), strict=False
        ):
            self.objective.optimizer.learning_rate = learning_rate(phase, step)
            losses.append(float(self.objective.train_on_batch(inputs, np.zeros((phase.batch, 1)))))
            if len(losses) == 50 or step + 1 == phase.steps:
                seconds = (time.monotonic() - logged) / len(losses)
                self._log(before + step + 1, phase, losses, seconds, inputs)
                losses, logged = [], time.monotonic()
            if time.monotonic() - kept > self.checkpoint_seconds:
                self._keep(before + step + 1)
                kept = time.monotonic()

    def _keep(self, step: int) -> None:
        checkpoint.save(self._checkpoint, self.objective, step)
        with checkpoint.averaged(self.objective):
            self.on_checkpoint(step)

    def _log(
        self, step: int, phase: Phase, losses: list[float], seconds: float, inputs: Inputs
    ) -> None:
        terms = np.mean(ops.convert_to_numpy(self.objective(inputs)), axis=0)
        line = (
            f"{time.strftime('%H:%M:%S')} step {step} of {self.recipe.steps} side {phase.side} "
            f"seconds {seconds:.3f} loss {np.mean(losses):.4f} terms "
            + " ".join(f"{term:.4f}" for term in terms)
        )
        with (self.folder / "log.txt").open("a") as log:
            print(line, file=log)


def compile_objective(objective: keras.Model, optimizer: str) -> None:
    """Make `objective` trainable: its output is its loss, so the loss function only averages it."""
    objective.compile(
        new_optimizer(optimizer),
        loss=lambda _, terms: ops.mean(ops.sum(terms, -1)),
        jit_compile=False,
    )


def learning_rate(phase: Phase, step: int) -> float:
    """Warm up over the first hundred steps, then fall along a cosine."""
    share = (1 + math.cos(math.pi * step / phase.steps)) / 2
    rate = phase.last_learning_rate + share * (phase.learning_rate - phase.last_learning_rate)
    return rate * min(1.0, (step + 1) / 100)


def ahead(batches: Iterator[Inputs]) -> Iterator[Inputs]:
    """The same batches, each made while the one before is being learnt from."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, batches)
        while True:
            inputs = following.result()
            following = pool.submit(next, batches)
            yield inputs
