"""What a training simulates: how a clean picture and its degraded self become the states a network meets.

Three published ways, each with the same interface. States are of pictures in [-1, 1]; `level` (0 …) is what the network
is told of the step. `predict(seen, level)` answers with x0.

    plain(x0, y)          the network's input for a random step, and its level per picture
    walked(y, predict)    x0 at one step, reached by walking there with the current weights
    sample(y, predict, n) the picture after a walk of n steps; `walks` are the n worth looking at
    detail                of the last `walked`: how much it shall be asked for believable detail, 0 … 1
"""
import math

import numpy as np
import torch

from .schedule import T, etas, scaled, shifted, started, stepped, subset, tensor


class ResShift:
    """Residual shifting, as in schedule.py. What a single step makes is meant to be faithful: detail comes with the later ones,
    so the number of steps is the choice between the two."""
    levels = T
    walks = (1, T)
    DETAIL = (1.0, 1.0, 0.5, 0.0)  # of the levels 0 … T - 1; a walk of n steps ends at level T - n

    def __init__(self, rng: np.random.Generator):
        self.rng, self.etas, self.detail = rng, etas(), 1.0

    def plain(self, x0, y):
        t = torch.randint(0, T, (len(x0),), device=x0.device)
        eta = tensor(self.etas, x0.device)[t][:, None, None, None]
        return scaled(shifted(x0, y, eta, torch.randn_like(x0)), eta), t

    def walked(self, y, predict):
        """One goal per batch, so that nobody walks further than needed. The first step is the one that every user
        takes, the last the one that everybody sees."""
        goal = int(self.rng.choice([T - 1, 0, 1, 2], p=[0.3, 0.4, 0.15, 0.15]))
        self.detail = self.DETAIL[goal]
        x = started(y, torch.randn_like(y), self.etas[-1])
        for t in range(T - 1, goal, -1):
            with torch.no_grad():
                x0 = predict(scaled(x, self.etas[t]), t)
                x = stepped(x, x0, self.etas[t], self.etas[t - 1], torch.randn_like(x))
        return predict(scaled(x, self.etas[goal]), goal)

    def sample(self, y, predict, steps):
        visits = subset(self.etas, steps)
        x = started(y, torch.randn_like(y), self.etas[visits[0]])
        for i, t in enumerate(visits):
            x0 = predict(scaled(x, self.etas[t]), t)
            if i + 1 < len(visits):
                x = stepped(x, x0, self.etas[t], self.etas[visits[i + 1]], torch.randn_like(y))
        return x0


def sd_alphas_bar() -> np.ndarray:
    """Of Stable Diffusion, float64."""
    return np.cumprod(1 - np.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2)


class DoSSR:
    """The domain-shift process of DoSSR (arXiv 2409.17778) on g times the picture: Stable Diffusion's noise then is as
    strong, relative to a picture, as residual shifting's, and the noise that the last step adds is 0.9 of 255."""
    GAIN = 4.0
    SHIFT_END = 500  # timesteps
    PER_LEVEL = 50  # timesteps that share what the network is told
    levels = SHIFT_END // PER_LEVEL
    walks = (5,)
    detail = 1.0

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

    def scale_of(self, t):
        """What a state is divided by before the network sees it: pictures deviate by about 0.5."""
        return (0.25 * (self.GAIN * self.a[t]) ** 2 + self.s[t] ** 2) ** 0.5

    def plain(self, x0, y):
        t = self.rng.integers(1, self.SHIFT_END, len(x0))
        a, s, eta, scale = (torch.tensor(v[t], dtype=torch.float32, device=x0.device)[:, None, None, None]
                            for v in (self.a, self.s, self.eta, np.vectorize(self.scale_of)(np.arange(500))))
        x = a * self.GAIN * (eta * y + (1 - eta) * x0) + s * torch.randn_like(x0)
        return x / scale, torch.tensor(self.level(t), device=x0.device)

    def walked(self, y, predict):
        """Order 3, as the plans are walked."""
        last = len(self.t) - 1
        goal = int(self.rng.choice(range(1, last + 1), p=[0.35] + [0.65 / (last - 1)] * (last - 1)))
        with torch.no_grad():
            x = self._state(y, predict, goal)
        return predict(x / self.scale_of(self.t[goal]), self.level(self.t[goal]))

    def sample(self, y, predict, steps):
        assert steps == len(self.t) - 1
        return self._state(y, predict, 0) / self.GAIN

    def _state(self, y, predict, goal):
        x, clean = self.a[499] * self.GAIN * y + self.s[499] * torch.randn_like(y), []
        for j in range(len(self.t) - 1, goal, -1):
            clean.insert(0, self.GAIN * predict(x / self.scale_of(self.t[j]), self.level(self.t[j])))
            x = self.stepped(x, self.GAIN * y, clean, j)
        return x

    def stepped(self, x, y, clean, j):
        """From level j to j - 1; `clean`: predictions of x0, newest first (samplers.md 2.4)."""
        A = self.a[:self.SHIFT_END] * (1 - self.eta)
        lam = self.s[:self.SHIFT_END] / A
        t, k = self.t[j], self.t[j - 1]
        r2 = (lam[k] / lam[t]) ** 2
        out = (A[k] / A[t] * r2 * x + A[k] * (self.eta[k] / (1 - self.eta[k]) - r2 * self.eta[t] / (1 - self.eta[t])) * y
               + A[k] * (1 - r2) * clean[0] + A[k] * math.sqrt(lam[k] ** 2 * (1 - r2)) * torch.randn_like(x))
        slopes = [(clean[i] - clean[i + 1]) / (lam[self.t[j + i]] - lam[self.t[j + i + 1]])
                  for i in range(min(2, len(clean) - 1))]
        if slopes:
            out = out - A[k] * (lam[k] - lam[t]) ** 2 / lam[t] * slopes[0]
        if len(slopes) > 1:
            bend = 2 * (slopes[0] - slopes[1]) / (lam[t] - lam[self.t[j + 2]])
            out = out + A[k] * ((lam[t] - 3 * lam[k]) * (lam[t] - lam[k]) / 2
                                - lam[k] ** 2 * math.log(lam[k] / lam[t])) * bend
        return out


class OneStep:
    """OSEDiff's start: the degraded picture itself, without noise, taken for t = 999."""
    levels = 1
    walks = (1,)
    detail = 1.0

    def __init__(self, rng: np.random.Generator):
        pass

    def plain(self, x0, y):
        return y / 0.5, torch.zeros(len(y), dtype=torch.long, device=y.device)

    def walked(self, y, predict):
        return predict(y / 0.5, 0)

    def sample(self, y, predict, steps):
        return self.walked(y, predict)


PROCESSES = {'resshift': ResShift, 'dossr': DoSSR, 'onestep': OneStep}
