"""The network of `x4-live`: one step, as few passes over memory as possible.

Everything that costs happens on the source's grid, in `condition`: plain 3 × 3 convolutions with LeakyReLU, which onnxruntime
computes together with the convolution before it, as it does with the sums (SiLU, or a modulation by the step, would be passes of
their own). `denoise` only unfolds what was found and adds it to the enlarged picture.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

SLOPE = 0.1


class QuickBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.1)
            self.second.bias.zero_()

    def forward(self, x):
        return x + self.second(F.leaky_relu(self.first(x), SLOPE))


class Quick(nn.Module):
    def __init__(self, width=32, blocks=4, scale=4):
        super().__init__()
        self.settings = dict(quick=True, width=width, blocks=blocks, scale=scale, mask=False, steps=1)
        self.scale, self.fold, self.grid = scale, 1, scale
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList([QuickBlock(width) for _ in range(blocks)])
        self.leave = nn.Conv2d(width, 3 * scale ** 2, 3, padding=1)
        with torch.no_grad():
            self.leave.weight.mul_(0.1)
            self.leave.bias.zero_()

    def condition(self, lq):
        h = first = F.leaky_relu(self.enter(lq), SLOPE)
        for block in self.blocks:
            h = block(h)
        return self.leave(h + first)

    def denoise(self, x, cond, t, y):
        """The state is y itself and the step is the only one, so neither tells it anything new."""
        return y + unfolded(cond, self.scale)


def unfolded(cond, scale: int):
    return cond if scale == 1 else F.pixel_shuffle(cond, scale)
