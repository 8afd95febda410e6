"""The distribution-matching term (DMD, arXiv 2311.18828; OSEDiff, arXiv 2406.08177, calls it VSD): a one-step maker learns to make
pictures that a many-step teacher would find as likely as real ones.

What the maker made is shifted and noised as the teacher was trained. The teacher says what picture it sees in it, and so does a
second network that only ever learns from the maker's pictures. Where the two disagree, the maker's pictures differ from real ones:
    grad = (x̂₀_made - x̂₀_real) / mean |x₀ - x̂₀_real|
"""
import copy

import torch

from .diffusion import ResShift
from .schedule import scaled, shifted, tensor


class Match:
    def __init__(self, teacher: torch.nn.Module, rng, rate: float):
        """teacher: a residual-shifting network; it does not change. rate: of the second network's training."""
        self.real, self.made = teacher, copy.deepcopy(teacher)
        self.real.requires_grad_(False)
        self.process = ResShift(rng)
        self.learner = torch.optim.AdamW(self.made.parameters(), rate, betas=(0.9, 0.99))

    def _seen(self, out, y):
        t = torch.randint(0, self.process.levels, (len(out),), device=out.device)
        eta = tensor(self.process.etas, out.device)[t][:, None, None, None]
        return scaled(shifted(out, y, eta, torch.randn_like(out)), eta), t + 1

    def loss(self, out, y, lq):
        """Its gradient is `grad`, its value means nothing. out, y: [n, 3, h, w] in [-1, 1]; lq: what the networks are given."""
        with torch.no_grad():
            x, t = self._seen(out, y)
            real, made = (net.denoise(x, net.condition(lq), t, y).float() for net in (self.real, self.made))
            grad = (made - real) / (out - real).abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-3)
        return ((out - (out - grad).detach()) ** 2).mean() / 2

    def learn(self, out, y, lq, cast):
        """The second network learns what the maker makes now."""
        with cast:
            x, t = self._seen(out, y)
            seen = self.made.denoise(x, self.made.condition(lq), t, y).float()
        loss = torch.sqrt((seen - out) ** 2 + 1e-6).mean()
        self.learner.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.made.parameters(), 0.5)
        self.learner.step()

    def state(self) -> dict:
        return {'made': self.made.state_dict(), 'learner': self.learner.state_dict()}

    def restore(self, state: dict):
        self.made.load_state_dict(state['made'])
        self.learner.load_state_dict(state['learner'])
