"""The network of `x4-live`: one step, with as few passes over memory as possible.

Nearly all the cost is in `condition`, on the grid of the source: plain 3 × 3 convolutions with LeakyReLU. onnxruntime fuses
LeakyReLU and additions into the preceding convolution; SiLU, or a modulation by the step, would be separate passes.
`denoise` only applies pixel-shuffle to the result and adds it to the upscaled image.

The parameter names (enter, blocks, first, second, leave) are stored in checkpoints and ONNX graphs; do not rename them.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

SLOPE = 0.1


class OneStepBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.1)
            self.second.bias.zero_()

    def forward(self, x):
        return x + self.second(F.leaky_relu(self.first(x), SLOPE))


class OneStepNetwork(nn.Module):
    def __init__(self, width=32, blocks=4, scale=4):
        super().__init__()
        self.settings = dict(one_step=True, width=width, blocks=blocks, scale=scale, mask=False, steps=1)
        self.scale, self.pixel_unshuffle_factor, self.grid_factor = scale, 1, scale
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList([OneStepBlock(width) for _ in range(blocks)])
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
        """x and t are ignored: the state is y, and there is only one step."""
        return y + pixel_shuffle(cond, self.scale)


def pixel_shuffle(cond, scale: int):
    return cond if scale == 1 else F.pixel_shuffle(cond, scale)
