"""The distribution-matching loss (DMD, arXiv 2311.18828; OSEDiff, arXiv 2406.08177, calls it VSD): it trains a one-step generator to
produce images that are likely under a many-step teacher.

The generator's output is shifted and noised as in the training of the teacher. Two networks predict x0 from it: the teacher
(the real model), and a copy that is trained on the generator's outputs only (the fake model). The gradient is their difference:
    grad = (x̂₀_fake - x̂₀_real) / mean |x₀ - x̂₀_real|
"""
import copy

import torch

from .diffusion import ResShift
from .schedule import forward_process, scale_input, to_tensor


class DistributionMatching:
    def __init__(self, teacher: torch.nn.Module, rng, learning_rate: float):
        """teacher: a residual-shifting network; its weights do not change. learning_rate: of the fake model."""
        self.real_model, self.fake_model = teacher, copy.deepcopy(teacher)
        self.real_model.requires_grad_(False)
        self.process = ResShift(rng)
        self.fake_optimizer = torch.optim.AdamW(self.fake_model.parameters(), learning_rate, betas=(0.9, 0.99))

    def _network_input(self, out, y):
        t = torch.randint(0, self.process.levels, (len(out),), device=out.device)
        eta = to_tensor(self.process.etas, out.device)[t][:, None, None, None]
        return scale_input(forward_process(out, y, eta, torch.randn_like(out)), eta), t + 1

    def loss(self, out, y, lq):
        """A term whose gradient is `grad`; its value is not meaningful. out, y: [n, 3, h, w] in [-1, 1]; lq: the source."""
        with torch.no_grad():
            x, t = self._network_input(out, y)
            real, fake = (net.denoise(x, net.condition(lq), t, y).float() for net in (self.real_model, self.fake_model))
            grad = (fake - real) / (out - real).abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-3)
        return ((out - (out - grad).detach()) ** 2).mean() / 2

    def train_fake_model(self, out, y, lq, autocast):
        """One training step of the fake model on the generator's current output."""
        with autocast:
            x, t = self._network_input(out, y)
            prediction = self.fake_model.denoise(x, self.fake_model.condition(lq), t, y).float()
        loss = torch.sqrt((prediction - out) ** 2 + 1e-6).mean()
        self.fake_optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.fake_model.parameters(), 0.5)
        self.fake_optimizer.step()

    def state(self) -> dict:
        return {'fake_model': self.fake_model.state_dict(), 'fake_optimizer': self.fake_optimizer.state_dict()}

    def restore(self, state: dict):
        self.fake_model.load_state_dict(state['fake_model'])
        self.fake_optimizer.load_state_dict(state['fake_optimizer'])
