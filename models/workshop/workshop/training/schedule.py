"""The residual-shifting schedule of the plans: T = 4, kappa 0.6, min_noise 1/15, etas_end sqrt(0.99), power 0.3."""
import math

import torch

T = 4
KAPPA = 0.6
MIN_NOISE = 1 / 15
ETAS_END = 0.99 ** 0.5
POWER = 0.3


def etas(steps: int = T) -> list[float]:
    """eta_0 … eta_{T-1}; eta is how far the picture has shifted to its degraded self. etas_end ends sqrt(eta)."""
    first = min(MIN_NOISE / KAPPA, MIN_NOISE)
    return [(first * (ETAS_END / first) ** ((i / max(1, steps - 1)) ** POWER)) ** 2 for i in range(steps)]


def scaled(x, eta):
    """What the network sees of a state: x / sqrt(0.5² + kappa² eta), since pictures in [-1, 1] deviate by about 0.5."""
    return x / (0.25 + KAPPA ** 2 * eta) ** 0.5


def shifted(x0, y, eta, noise):
    """The forward process: q(x_t | x_0, y) = N(x_0 + eta (y - x_0), kappa² eta)."""
    return x0 + eta * (y - x0) + KAPPA * eta ** 0.5 * noise


def stepped(x, x0, eta, eta_before, noise):
    """The reverse step: p(x_{t-1} | x_t, x_0), its mean between the state and the prediction."""
    keep = eta_before / eta
    return keep * x + (1 - keep) * x0 + KAPPA * math.sqrt(keep * (eta - eta_before)) * noise


def started(y, noise, eta: float):
    """x_T: the degraded picture under the strongest noise."""
    return y + KAPPA * math.sqrt(eta) * noise


def subset(all_etas: list[float], steps: int) -> list[int]:
    """Which t a walk of fewer steps visits, last first: always T - 1, and the others evenly."""
    last = len(all_etas) - 1
    return [round(last - last * i / steps) for i in range(steps)] if steps <= last else list(range(last, -1, -1))


def tensor(values: list[float], device) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)
