"""The walk from x_T to a picture, in PyTorch: for the sample sheets, the validation figure and stage b."""
import torch

from .net import up
from .schedule import scaled, started, stepped, subset


@torch.no_grad()
def sample(net, lq, etas: list[float], steps: int, generator: torch.Generator):
    y, cond = up(lq, net.scale), net.condition(lq)
    visits = subset(etas, steps)
    x = started(y, _noise(y, generator), etas[visits[0]])
    for i, t in enumerate(visits):
        x0 = net.denoise(scaled(x, etas[t]), cond, torch.full((len(lq),), t + 1, device=lq.device), y).float()
        if i + 1 < len(visits):
            x = stepped(x, x0, etas[t], etas[visits[i + 1]], _noise(y, generator))
    return x0


def _noise(like, generator):
    return torch.randn(like.shape, generator=generator, device=like.device)
