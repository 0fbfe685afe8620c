"""crowsonkb's style-transfer-pytorch, as a peer of the gatys engine.

Its own code from a checkout, with VGG-16 in the place of VGG-19. The convolutions that only VGG-19
has are left out; each of the others is scaled so that what it sees in photographs is 1 in the mean,
as Gatys et al. (2016) scale theirs. Convolutions compute in bfloat16. Needs PyTorch, torchvision,
and what the program itself imports.
"""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]
from PIL import Image
from torch import nn

from stylekit.engines import perceptual

POOL, ONLY_IN_VGG19 = "pool", "only in VGG-19"
LAYERS = (
    *("block1_conv1", "block1_conv2", POOL),
    *("block2_conv1", "block2_conv2", POOL),
    *("block3_conv1", "block3_conv2", "block3_conv3", ONLY_IN_VGG19, POOL),
    *("block4_conv1", "block4_conv2", "block4_conv3", ONLY_IN_VGG19, POOL),
    "block5_conv1",
)
# The program takes these from colours in [0, 1] and divides; VGG-16 has means of its own.
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

Pictures = np.ndarray
"""float32, (n, height, width, 3), in [0, 1]."""


class Program:
    """The program, ready to paint on the processor."""

    def __init__(self, folder: Path, vgg16: Path, photographs: Pictures, threads: int) -> None:
        """Load its code from `folder`, and VGG-16 from the file that training reads."""
        torch.set_num_threads(threads)
        sys.path.insert(0, str(folder))
        theirs = importlib.import_module("style_transfer.style_transfer")
        features = vgg16_features(vgg16, photographs)
        theirs.models = SimpleNamespace(
            vgg19=lambda weights: SimpleNamespace(features=features),
            VGG19_Weights=SimpleNamespace(IMAGENET1K_V1=None),
        )
        self.transfer = theirs.StyleTransfer()
        exact = self.transfer.model.forward

        def seen(*given: Any, **named: Any) -> dict[Any, torch.Tensor]:
            with torch.autocast("cpu", torch.bfloat16):
                found = exact(*given, **named)
            return {layer: stage.float() for layer, stage in found.items()}

        self.transfer.model.forward = seen

    def paint(self, content: Pictures, style: Pictures, first: int, others: int) -> Pictures:
        """`first` steps at the smallest size, `others` at each of the next; else its defaults."""
        pictures = [
            Image.fromarray((p[0] * 255).round().astype(np.uint8)) for p in (content, style)
        ]
        painted = self.transfer.stylize(
            pictures[0],
            pictures[1:],
            end_scale=max(pictures[0].size),
            initial_iterations=first,
            iterations=others,
        )
        return np.asarray(painted, np.float32)[np.newaxis] / 255


def vgg16_features(path: Path, photographs: Pictures) -> nn.Sequential:
    """VGG-16 up to relu5_1, with each layer where VGG-19 has it."""
    x = torch.from_numpy(photographs.transpose(0, 3, 1, 2).copy())
    x = (x - _per_channel(MEAN)) / _per_channel(DEVIATION)
    found: list[nn.Module] = []
    usual = 1.0
    with np.load(path, allow_pickle=False) as stored, torch.no_grad():
        for name in LAYERS:
            if name == ONLY_IN_VGG19:
                found += [nn.Identity(), nn.Identity()]
                continue
            if name == POOL:
                found.append(nn.MaxPool2d(2))
                x = found[-1](x)
                continue
            kernel, bias = (stored[f"{name}/{kind}"].astype(np.float64) for kind in "kb")
            if name == LAYERS[0]:
                kernel = kernel[:, :, ::-1]  # it takes blue first
                moved = 255 * MEAN - perceptual.VGG_MEANS[::-1]
                bias = bias + np.einsum("yxio,i->o", kernel, moved)
                kernel = kernel * (255 * DEVIATION)[:, None]
            convolution = _convolution(kernel * usual, bias)
            usual = float(torch.relu(convolution(x)).mean())
            for array in (convolution.weight, convolution.bias):
                array /= usual
            found += [convolution, nn.ReLU()]
            x = torch.relu(convolution(x))
    return nn.Sequential(*found)


def _convolution(kernel: np.ndarray, bias: np.ndarray) -> nn.Conv2d:
    layer = nn.Conv2d(*kernel.shape[2:], kernel.shape[0], padding=1)
    layer.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()))
    layer.bias.copy_(torch.from_numpy(bias))
    return layer


def _per_channel(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None, None]
