"""What weights are changed by: Adam, or Muon for convolutions with Adam for all else."""

import keras
from keras import ops

from stylekit.engines.perceptual import Tensor

CLIP, EMA = 5.0, 0.998
ADAM_SHARE = 0.5  # of Muon's learning rate, for what Adam learns beside it


def new_optimizer(name: str) -> keras.optimizers.Optimizer:
    """The optimiser `adam` or `muon`, keeping a moving average of the weights."""
    common = {"global_clipnorm": CLIP, "use_ema": True, "ema_momentum": EMA, "name": name}
    if name == "adam":
        return keras.optimizers.Adam(**common)
    if name == "muon":
        decay = {"weight_decay": None, "adam_weight_decay": None}
        return ConvolutionMuon(adam_lr_ratio=ADAM_SHARE, **decay, **common)
    raise ValueError(f"There is no optimiser {name!r}; there are adam and muon.")


class ConvolutionMuon(keras.optimizers.Muon):
    """Muon (Jordan et al. 2024) for the kernels of convolutions, as matrices (h·w·in, out).

    Every direction of a kernel's change is made equally long, so that rare features are learnt as
    fast as frequent ones. What reads or makes pixels (few channels on one side), dense layers and
    biases are Adam's. Scaled as by Liu et al. (2025), https://arxiv.org/abs/2502.16982, so that
    learning rates mean the same for both.
    """

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        height, _, channels_in, channels_out = (1, 1, 1, *variable.shape)[-4:]
        return len(variable.shape) != 4 or height == 1 or min(channels_in, channels_out) < 16

    def _muon_update_step(
        self, gradient: Tensor, variable: keras.Variable, lr: Tensor, m: keras.Variable
    ) -> None:
        self.assign_add(m, ops.add(gradient, m * (self.momentum - 1)))
        ahead = ops.reshape(ops.add(gradient, self.momentum * m), (-1, variable.shape[-1]))
        turned = self.zeropower_via_newtonschulz5(ahead, self.ns_steps)
        length = self.rms_rate * max(turned.shape) ** 0.5
        self.assign_sub(variable, ops.reshape(lr * length * turned, variable.shape))
