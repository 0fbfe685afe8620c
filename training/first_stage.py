"""The student's first convolution, fitted before all else.

Neighbouring pixels are nearly equal, so that gradient descent on pixels takes thousands of steps to
find what tells edges apart. On whitened patches it takes a second.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from training import data


def patches(pictures: data.Batch) -> np.ndarray:
    """Every 3×3 patch of `pictures` (b, h, w, 3), as the student sees it: (n, 27), in [-1, 1]."""
    windows = sliding_window_view(pictures * 2 - 1, (3, 3), axis=(1, 2))  # (b, h-2, w-2, 3, 3, 3)
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 27)  # rows, columns, colours


def fit(
    inputs: np.ndarray, outputs: np.ndarray, steps: int = 1500
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (27, c) and bias (c,) with relu(inputs @ kernel + bias) ≈ outputs (n, c)."""
    mean = inputs.mean(0)
    variances, directions = np.linalg.eigh(np.cov(inputs, rowvar=False))
    whiten = directions / np.sqrt(variances + 1e-6)  # (27, 27)
    white = np.concatenate([(inputs - mean) @ whiten, np.ones((len(inputs), 1))], axis=1)
    weights = np.linalg.lstsq(white, outputs, rcond=None)[0]  # (28, c): right but for the ReLU
    weights = _descend(white.astype(np.float32), outputs, weights.astype(np.float32), steps)
    kernel = whiten @ weights[:-1]
    return kernel.astype(np.float32), (weights[-1] - mean @ kernel).astype(np.float32)


def _descend(white: np.ndarray, outputs: np.ndarray, weights: np.ndarray, steps: int) -> np.ndarray:
    random = np.random.default_rng(0)
    momentum, energy = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        chosen = random.integers(len(white), size=2048)
        before = white[chosen] @ weights
        error = (np.maximum(before, 0) - outputs[chosen]) * (before > 0)
        gradient = white[chosen].T @ error / len(chosen)
        momentum = 0.9 * momentum + 0.1 * gradient
        energy = 0.99 * energy + 0.01 * gradient**2
        rate = 0.03 * (1 - step / (steps + 1)) / (1 - 0.99**step) ** -0.5
        weights = weights - rate * momentum / (np.sqrt(energy) + 1e-8)
    return weights
