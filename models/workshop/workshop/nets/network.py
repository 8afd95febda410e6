"""The network of all embedded models: in pixel space, folded to a small grid by pixel-unshuffle.

condition(lq[, mask])    runs once per picture; with a mask, lq is the picture whose holes `push_pull_fill.py` has filled
denoise(x, cond, t, y)   runs once per step and predicts x0;  y = bicubic enlargement of lq,  x = scaled state,  t = 1 … T

The small grid is `grid` = scale · fold times coarser than the result: the source itself for ×4 (scale 4, fold 1), a
quarter of it where the size stays (scale 1, fold 4).
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .one_step_network import Quick


class Block(nn.Module):
    """Two 3 × 3 convolutions around one SiLU, modulated by the step where there is one."""

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


class Finish(nn.Module):
    """Unfolds in two stages with a look around in between. One convolution before a ×4 pixel-shuffle decides 16
    neighbouring pixels without their knowing of each other; that is the faint 4-pixel grid of the baseline. Starts
    as zero, so that weights without it can be continued."""

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


class Net(nn.Module):
    def __init__(self, width=64, condition_blocks=7, denoise_blocks=3, finish=32, steps=4, scale=4, fold=1,
                 mask=False):
        super().__init__()
        self.settings = dict(width=width, condition_blocks=condition_blocks, denoise_blocks=denoise_blocks,
                             finish=finish, steps=steps, scale=scale, fold=fold, mask=mask)
        self.scale, self.fold, self.grid = scale, fold, scale * fold
        folded = 3 * self.grid ** 2
        self.enter = nn.Conv2d((4 if mask else 3) * fold * fold, width, 3, padding=1)
        self.condition_blocks = nn.ModuleList([Block(width) for _ in range(condition_blocks)])
        self.step = nn.Embedding(steps + 1, 64)
        self.step_features = nn.Sequential(nn.Linear(64, 64), nn.SiLU())
        self.join = nn.Conv2d(folded + width, width, 3, padding=1)
        self.denoise_blocks = nn.ModuleList([Block(width, 64) for _ in range(denoise_blocks)])
        self.leave = nn.Conv2d(width, folded, 3, padding=1)
        self.finish = Finish(width, finish, self.grid) if finish else None
        with torch.no_grad():
            self.leave.weight.mul_(0.1)
            self.leave.bias.zero_()
            # The state is mostly noise. A network that begins by hearing it spends its first thousand steps on not hearing it.
            self.join.weight[:, :folded].zero_()

    def condition(self, lq, mask=None):
        """mask: +1 in holes, -1 elsewhere, for networks that fill them."""
        seen = lq if mask is None else torch.cat([lq, mask], 1)
        h = first = self.enter(F.pixel_unshuffle(seen, self.fold) if self.fold > 1 else seen)
        for block in self.condition_blocks:
            h = block(h)
        return h + first

    def denoise(self, x, cond, t, y):
        step = self.step_features(self.step(t))
        folded = F.pixel_unshuffle(x.to(cond.dtype), self.grid)  # in training cond is bf16 and x is not
        h = self.join(torch.cat([folded, cond], 1))
        for block in self.denoise_blocks:
            h = block(h, step)
        x0 = y + F.pixel_shuffle(self.leave(h), self.grid)
        return x0 if self.finish is None else x0 + self.finish(h)


def made(settings: dict) -> nn.Module:
    """The network that these settings describe, with weights of chance."""
    if settings.get('quick'):
        return Quick(settings['width'], settings['blocks'], settings['scale'])
    return Net(**settings)


def up(lq, scale: int = 4):
    """The degraded picture on the full grid, the same bicubic as in the plans."""
    return lq if scale == 1 else F.interpolate(lq, scale_factor=scale, mode='bicubic', align_corners=False)


def continued(net: nn.Module, weights: dict[str, torch.Tensor]) -> list[str]:
    """Loads what fits into `net`, which is changed in place, and makes every block that is new an identity, so that
    training goes on where the smaller network stood. Returns the names that stayed new."""
    weights = {_renamed(name): value for name, value in weights.items()}
    own = net.state_dict()
    fresh = [name for name in own if name not in weights or weights[name].shape != own[name].shape]
    net.load_state_dict({name: own[name] if name in fresh else weights[name] for name in own})
    with torch.no_grad():
        for name, module in net.named_modules():
            if isinstance(module, Block) and f'{name}.second.weight' in fresh:
                module.second.weight.zero_()
    return fresh


def _renamed(name: str) -> str:
    """The baseline's short names."""
    long = {'ein': 'enter', 'eb': 'condition_blocks', 'emb': 'step', 'e2': 'step_features', 'inp': 'join',
            'db': 'denoise_blocks', 'out': 'leave', 'a': 'first', 'b': 'second', 't': 'step'}
    return '.'.join(long.get(part, part) for part in name.split('.'))
