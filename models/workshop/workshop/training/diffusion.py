"""The diffusion processes that a training simulates: ResShift, DoSSR and the single step of OSEDiff.

All have the same interface. States are of images in [-1, 1]; `level` (0 …) is the noise level as the network gets it.
`predict(x, level)` is the network: scaled state → x0.

    training_input(x0, y)      the network's input at a random level, and its level per image
    rollout(y, predict)        x0 at one level, from the state that the sampler reaches with the current weights
    sample(y, predict, steps)  the output of the sampler
    validation_steps           the numbers of steps that validation samples with
    detail_weight              of the last rollout: weight of the losses that ask for detail, 0 … 1
"""
import math

import numpy as np
import torch

from .schedule import T, etas, forward_process, initial_state, reverse_step, scale_input, timestep_subset, to_tensor


class ResShift:
    """Residual shifting, with the schedule of schedule.py. The first step is trained for faithfulness and the later ones for
    detail, so the number of steps chooses between the two."""
    levels = T
    validation_steps = (1, T)
    DETAIL_WEIGHTS = (1.0, 1.0, 0.5, 0.0)  # of the levels 0 … T - 1; a sampler of n steps ends at level T - n

    def __init__(self, rng: np.random.Generator):
        self.rng, self.etas, self.detail_weight = rng, etas(), 1.0

    def training_input(self, x0, y):
        t = torch.randint(0, T, (len(x0),), device=x0.device)
        eta = to_tensor(self.etas, x0.device)[t][:, None, None, None]
        return scale_input(forward_process(x0, y, eta, torch.randn_like(x0)), eta), t

    def rollout(self, y, predict):
        """One target level per batch, so that no image runs more steps than needed. The first level (every sampler starts
        there) and the last one (its prediction is the output) are drawn most often."""
        target = int(self.rng.choice([T - 1, 0, 1, 2], p=[0.3, 0.4, 0.15, 0.15]))
        self.detail_weight = self.DETAIL_WEIGHTS[target]
        x = initial_state(y, torch.randn_like(y), self.etas[-1])
        for t in range(T - 1, target, -1):
            with torch.no_grad():
                x0 = predict(scale_input(x, self.etas[t]), t)
                x = reverse_step(x, x0, self.etas[t], self.etas[t - 1], torch.randn_like(x))
        return predict(scale_input(x, self.etas[target]), target)

    def sample(self, y, predict, steps):
        timesteps = timestep_subset(self.etas, steps)
        x = initial_state(y, torch.randn_like(y), self.etas[timesteps[0]])
        for i, t in enumerate(timesteps):
            x0 = predict(scale_input(x, self.etas[t]), t)
            if i + 1 < len(timesteps):
                x = reverse_step(x, x0, self.etas[t], self.etas[timesteps[i + 1]], torch.randn_like(y))
        return x0


def sd_alphas_bar() -> np.ndarray:
    """Cumulative alphas of Stable Diffusion, float64."""
    return np.cumprod(1 - np.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2)


class DoSSR:
    """The domain-shift process of DoSSR (arXiv 2409.17778) on the image times GAIN: with it the noise of Stable Diffusion is as
    strong, relative to the image, as that of residual shifting, and the noise of the last step is 0.9 of 255."""
    GAIN = 4.0
    SHIFT_END = 500  # timesteps
    PER_LEVEL = 50  # timesteps that share a level
    levels = SHIFT_END // PER_LEVEL
    validation_steps = (5,)
    detail_weight = 1.0

    def __init__(self, rng: np.random.Generator, steps: int = 5):
        self.rng = rng
        bar = sd_alphas_bar()
        self.a, self.s = np.sqrt(bar), np.sqrt(1 - bar)
        u = 0.001 + 0.998 * np.arange(self.SHIFT_END) / (self.SHIFT_END - 1)
        self.eta = (1 - np.cos(np.pi * u)) / 2
        at, self.t = 0.0, [0]
        for _ in range(steps):
            at += (self.SHIFT_END - 1) / steps
            self.t.append(round(at))

    def level(self, t):
        return t // self.PER_LEVEL

    def input_scale(self, t):
        """The network's input is the state divided by this; images in [-1, 1] have a deviation of about 0.5."""
        return (0.25 * (self.GAIN * self.a[t]) ** 2 + self.s[t] ** 2) ** 0.5

    def training_input(self, x0, y):
        t = self.rng.integers(1, self.SHIFT_END, len(x0))
        a, s, eta, scale = (torch.tensor(v[t], dtype=torch.float32, device=x0.device)[:, None, None, None]
                            for v in (self.a, self.s, self.eta, np.vectorize(self.input_scale)(np.arange(500))))
        x = a * self.GAIN * (eta * y + (1 - eta) * x0) + s * torch.randn_like(x0)
        return x / scale, torch.tensor(self.level(t), device=x0.device)

    def rollout(self, y, predict):
        """With the solver of order 3, as in the plans."""
        last = len(self.t) - 1
        target = int(self.rng.choice(range(1, last + 1), p=[0.35] + [0.65 / (last - 1)] * (last - 1)))
        with torch.no_grad():
            x = self._solve(y, predict, target)
        return predict(x / self.input_scale(self.t[target]), self.level(self.t[target]))

    def sample(self, y, predict, steps):
        assert steps == len(self.t) - 1
        return self._solve(y, predict, 0) / self.GAIN

    def _solve(self, y, predict, target):
        """The state at step `target`, from the initial state."""
        x, predictions = self.a[499] * self.GAIN * y + self.s[499] * torch.randn_like(y), []
        for j in range(len(self.t) - 1, target, -1):
            predictions.insert(0, self.GAIN * predict(x / self.input_scale(self.t[j]), self.level(self.t[j])))
            x = self.solver_step(x, self.GAIN * y, predictions, j)
        return x

    def solver_step(self, x, y, predictions, j):
        """From step j to j - 1; `predictions` of x0, the newest first (samplers.md 2.4)."""
        A = self.a[:self.SHIFT_END] * (1 - self.eta)
        lam = self.s[:self.SHIFT_END] / A
        t, k = self.t[j], self.t[j - 1]
        r2 = (lam[k] / lam[t]) ** 2
        out = (A[k] / A[t] * r2 * x + A[k] * (self.eta[k] / (1 - self.eta[k]) - r2 * self.eta[t] / (1 - self.eta[t])) * y
               + A[k] * (1 - r2) * predictions[0] + A[k] * math.sqrt(lam[k] ** 2 * (1 - r2)) * torch.randn_like(x))
        slopes = [(predictions[i] - predictions[i + 1]) / (lam[self.t[j + i]] - lam[self.t[j + i + 1]])
                  for i in range(min(2, len(predictions) - 1))]
        if slopes:
            out = out - A[k] * (lam[k] - lam[t]) ** 2 / lam[t] * slopes[0]
        if len(slopes) > 1:
            curvature = 2 * (slopes[0] - slopes[1]) / (lam[t] - lam[self.t[j + 2]])
            out = out + A[k] * ((lam[t] - 3 * lam[k]) * (lam[t] - lam[k]) / 2
                                - lam[k] ** 2 * math.log(lam[k] / lam[t])) * curvature
        return out


class OneStep:
    """The single step of OSEDiff: starts from the upscaled source without noise, at t = 999."""
    levels = 1
    validation_steps = (1,)
    detail_weight = 1.0

    def __init__(self, rng: np.random.Generator):
        pass

    def training_input(self, x0, y):
        return y / 0.5, torch.zeros(len(y), dtype=torch.long, device=y.device)

    def rollout(self, y, predict):
        return predict(y / 0.5, 0)

    def sample(self, y, predict, steps):
        return self.rollout(y, predict)


PROCESSES = {'resshift': ResShift, 'dossr': DoSSR, 'onestep': OneStep}
