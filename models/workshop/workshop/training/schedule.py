"""The residual-shifting schedule of the plans: T = 4, kappa 0.6, min_noise 1/15, etas_end sqrt(0.99), power 0.3."""
import math

import torch

T = 4
KAPPA = 0.6
MIN_NOISE = 1 / 15
ETAS_END = 0.99 ** 0.5
POWER = 0.3


def etas(steps: int = T) -> list[float]:
    """eta_0 … eta_{T-1}: the share of the shift from x_0 to y at each step. etas_end is the last sqrt(eta)."""
    first = min(MIN_NOISE / KAPPA, MIN_NOISE)
    return [(first * (ETAS_END / first) ** ((i / max(1, steps - 1)) ** POWER)) ** 2 for i in range(steps)]


def scale_input(x, eta):
    """The network's input for a state: x / sqrt(0.5² + kappa² eta), because images in [-1, 1] have a deviation of about 0.5."""
    return x / (0.25 + KAPPA ** 2 * eta) ** 0.5


def forward_process(x0, y, eta, noise):
    """q(x_t | x_0, y) = N(x_0 + eta (y - x_0), kappa² eta)."""
    return x0 + eta * (y - x0) + KAPPA * eta ** 0.5 * noise


def reverse_step(x, x0, eta, eta_before, noise):
    """p(x_{t-1} | x_t, x_0): the mean is between the state and the prediction."""
    keep = eta_before / eta
    return keep * x + (1 - keep) * x0 + KAPPA * math.sqrt(keep * (eta - eta_before)) * noise


def initial_state(y, noise, eta: float):
    """x_T: the upscaled source with the strongest noise."""
    return y + KAPPA * math.sqrt(eta) * noise


def timestep_subset(all_etas: list[float], steps: int) -> list[int]:
    """The t that a sampler of fewer steps uses, descending from T - 1, evenly spaced."""
    last = len(all_etas) - 1
    return [round(last - last * i / steps) for i in range(steps)] if steps <= last else list(range(last, -1, -1))


def to_tensor(values: list[float], device) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)
