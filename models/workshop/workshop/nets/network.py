"""The network of the embedded models. It works on pixels, on a coarse grid made by pixel-unshuffle.

condition(lq[, mask])    runs once per image; with a mask, lq has been filled by `push_pull_fill.py`
denoise(x, cond, t, y)   runs once per step and predicts x0;  y = bicubic upscaling of lq,  x = scaled state,  t = 1 … T

The coarse grid is `grid_factor` = scale · pixel_unshuffle_factor times smaller than the output: the grid of the source for ×4
(scale 4, factor 1), a quarter of it for restoration (scale 1, factor 4).

The parameter names (enter, join, leave, finish, …) are stored in checkpoints and ONNX graphs; do not rename them.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .one_step_network import OneStepNetwork


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions with SiLU between them, optionally modulated by the step embedding."""

    def __init__(self, width: int, step_width: int = 0):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.step = nn.Linear(step_width, 2 * width) if step_width else None
        if self.step is not None:
            nn.init.zeros_(self.step.weight)
            nn.init.zeros_(self.step.bias)
        with torch.no_grad():
            self.second.weight.mul_(0.1)
            self.second.bias.zero_()

    def forward(self, x, step=None):
        h = self.first(x)
        if self.step is not None:
            gain, bias = self.step(step).chunk(2, 1)
            h = h * (1 + gain[..., None, None]) + bias[..., None, None]
        return x + self.second(F.silu(h))


class TwoStageUpsampler(nn.Module):
    """Pixel-shuffle in two stages with a convolution between them. A single convolution before a ×4 pixel-shuffle computes 16
    neighbouring pixels independently, which leaves a faint 4-pixel grid. Its last layer starts at zero, so training can
    continue from weights without it."""

    def __init__(self, width: int, inner: int, scale: int):
        super().__init__()
        self.unfold = nn.PixelShuffle(scale // 2)
        self.first = nn.Conv2d(width, inner * (scale // 2) ** 2, 3, padding=1)
        self.second = nn.Conv2d(inner, inner, 3, padding=1)
        self.third = nn.Conv2d(inner, 12, 3, padding=1)
        nn.init.zeros_(self.third.weight)
        nn.init.zeros_(self.third.bias)

    def forward(self, h):
        h = self.unfold(F.silu(self.first(h)))
        return F.pixel_shuffle(self.third(F.silu(self.second(h))), 2)


class Network(nn.Module):
    def __init__(self, width=64, condition_blocks=7, denoise_blocks=3, finish=32, steps=4, scale=4,
                 pixel_unshuffle_factor=1, mask=False):
        """finish: width of the second upsampling stage, 0 for none. steps: noise levels. mask: an inpainting network."""
        super().__init__()
        self.settings = dict(width=width, condition_blocks=condition_blocks, denoise_blocks=denoise_blocks, finish=finish,
                             steps=steps, scale=scale, pixel_unshuffle_factor=pixel_unshuffle_factor, mask=mask)
        self.scale, self.pixel_unshuffle_factor = scale, pixel_unshuffle_factor
        self.grid_factor = scale * pixel_unshuffle_factor
        output_channels = 3 * self.grid_factor ** 2
        self.enter = nn.Conv2d((4 if mask else 3) * pixel_unshuffle_factor ** 2, width, 3, padding=1)
        self.condition_blocks = nn.ModuleList([ResidualBlock(width) for _ in range(condition_blocks)])
        self.step = nn.Embedding(steps + 1, 64)
        self.step_features = nn.Sequential(nn.Linear(64, 64), nn.SiLU())
        self.join = nn.Conv2d(output_channels + width, width, 3, padding=1)
        self.denoise_blocks = nn.ModuleList([ResidualBlock(width, 64) for _ in range(denoise_blocks)])
        self.leave = nn.Conv2d(width, output_channels, 3, padding=1)
        self.finish = TwoStageUpsampler(width, finish, self.grid_factor) if finish else None
        with torch.no_grad():
            self.leave.weight.mul_(0.1)
            self.leave.bias.zero_()
            # The state is mostly noise. With random weights here, the first thousand steps are spent on learning to ignore it.
            self.join.weight[:, :output_channels].zero_()

    def condition(self, lq, mask=None):
        """mask: +1 where to fill, -1 elsewhere; only for inpainting networks."""
        x = lq if mask is None else torch.cat([lq, mask], 1)
        factor = self.pixel_unshuffle_factor
        h = first = self.enter(F.pixel_unshuffle(x, factor) if factor > 1 else x)
        for block in self.condition_blocks:
            h = block(h)
        return h + first

    def denoise(self, x, cond, t, y):
        step = self.step_features(self.step(t))
        coarse = F.pixel_unshuffle(x.to(cond.dtype), self.grid_factor)  # during training cond is bf16 and x is float32
        h = self.join(torch.cat([coarse, cond], 1))
        for block in self.denoise_blocks:
            h = block(h, step)
        x0 = y + F.pixel_shuffle(self.leave(h), self.grid_factor)
        return x0 if self.finish is None else x0 + self.finish(h)


def build_network(settings: dict) -> nn.Module:
    """The network that `settings` describe, with random weights."""
    if settings.get('one_step'):
        return OneStepNetwork(settings['width'], settings['blocks'], settings['scale'])
    return Network(**settings)


def upsample_bicubic(lq, scale: int = 4):
    """The source at the size of the output, by the same bicubic filter as in the sampler plans."""
    return lq if scale == 1 else F.interpolate(lq, scale_factor=scale, mode='bicubic', align_corners=False)


def load_matching_weights(net: nn.Module, weights: dict[str, torch.Tensor]) -> list[str]:
    """Loads the weights that fit into `net`, which is changed in place. New residual blocks become identities, so training
    continues from the output of the smaller network. Returns the names of the parameters that were not loaded."""
    weights = {_current_name(name): value for name, value in weights.items()}
    own = net.state_dict()
    new = [name for name in own if name not in weights or weights[name].shape != own[name].shape]
    net.load_state_dict({name: own[name] if name in new else weights[name] for name in own})
    with torch.no_grad():
        for name, module in net.named_modules():
            if isinstance(module, ResidualBlock) and f'{name}.second.weight' in new:
                module.second.weight.zero_()
    return new


def _current_name(name: str) -> str:
    """The first published weights have abbreviated parameter names."""
    long = {'ein': 'enter', 'eb': 'condition_blocks', 'emb': 'step', 'e2': 'step_features', 'inp': 'join',
            'db': 'denoise_blocks', 'out': 'leave', 'a': 'first', 'b': 'second', 't': 'step'}
    return '.'.join(long.get(part, part) for part in name.split('.'))
