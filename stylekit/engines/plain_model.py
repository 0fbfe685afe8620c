"""A model that paints in one call: the way to call it is found, and it is tried, once."""

from collections.abc import Callable, Mapping
from typing import Any

from stylekit.errors import ModelBroken

LOWEST, HIGHEST = -0.5, 1.5
"""A network goes a little beyond 0 and 1; what is meant as 0 to 255, or as −1 to 1, goes far."""


class PlainModel:
    """A model that paints in one call, of a content and a style picture.

    It may be called itself, as TF-Hub's module is, or have a signature with two pictures, and may
    answer a tensor, a list or a dictionary. It is tried once, when it is loaded, on small pictures.
    """

    def __init__(self, model: Any, source: str) -> None:
        """Find the way to call it.

        Raises:
            ModelBroken: when it takes no two pictures, or answers none with values from 0 to 1.
        """
        self.source = source
        self._model = model  # whose variables live as long as it does
        self._call = model if callable(model) else self._signature(model)
        self._try()

    def __call__(self, content: Any, style: Any) -> list[Any]:
        """The painting, as TF-Hub's module answers: the first of a list."""
        return [first_picture(self._call(content, style))]

    def _signature(self, model: Any) -> Callable[[Any, Any], Any]:
        """A signature that takes two pictures, and nothing else, by the names of its inputs."""
        for function in getattr(model, "signatures", {}).values():
            inputs = function.structured_input_signature[1]
            names = sorted(inputs, key=lambda name: ("style" in name, name))
            if len(names) == 2 and all(inputs[name].shape.rank == 4 for name in names):
                return called_by_name(function, *names)
        raise ModelBroken(
            f"The model {self.source} can neither be called nor has it a signature with two "
            "pictures, content and style."
        )

    def _try(self) -> None:
        import numpy as np
        import tensorflow as tf

        ramp = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(1, 64, 64, 3)
        style = np.linspace(0, 1, 256 * 256 * 3, dtype=np.float32).reshape(1, 256, 256, 3)
        try:
            painted = np.asarray(self(tf.constant(ramp), tf.constant(style))[0])
        except (tf.errors.OpError, TypeError, ValueError, LookupError, AttributeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
            raise ModelBroken(
                f"The model {self.source} does not paint a picture of 64 × 64 pixels in the "
                f"style of one of 256 × 256: {reason}"
            ) from None
        if painted.shape != ramp.shape:
            raise ModelBroken(
                f"The model {self.source} makes {painted.shape} of a picture (1, 64, 64, 3); "
                "it has to keep the size."
            )
        low, high = float(painted.min()), float(painted.max())
        if not (LOWEST <= low and high <= HIGHEST):  # also where they are no numbers
            raise ModelBroken(
                f"The model {self.source} paints with values from {low:.4g} to {high:.4g}; "
                "pictures have values from 0 to 1. Export it with its output brought there."
            )


def called_by_name(function: Any, content: str, style: str) -> Callable[[Any, Any], Any]:
    """A signature as a function of a content and a style picture."""
    return lambda one, other: function(**{content: one, style: other})


def first_picture(answer: Any) -> Any:
    """The picture (batch, h, w, 3) in what a model answers."""
    if isinstance(answer, Mapping):
        pictures = [each for each in answer.values() if each.shape.rank == 4]
        if not pictures:
            raise ValueError(f"it answers {', '.join(map(str, answer))}, and no picture")
        return pictures[0]
    return answer[0] if isinstance(answer, list | tuple) else answer
