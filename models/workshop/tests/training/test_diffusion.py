import json
from pathlib import Path

import numpy as np
import pytest
import torch

from workshop.training.diffusion import DoSSR, OneStep, ResShift, sd_alphas_bar

GOLDEN = Path(__file__).parents[4] / 'test' / 'golden'


def oracle(x0):
    """A network that always predicts x0."""
    return lambda x, level: x0


@pytest.mark.parametrize('process_class', [ResShift, DoSSR, OneStep])
def test_with_a_perfect_network_the_sampler_ends_at_the_ground_truth(process_class):
    torch.manual_seed(1)
    x0, y = torch.rand(2, 3, 8, 8) * 2 - 1, torch.rand(2, 3, 8, 8) * 2 - 1
    process = process_class(np.random.default_rng(1))
    for steps in process.validation_steps:
        error = process.sample(y, oracle(x0), steps) - x0
        assert error.abs().max() < (0.05 if process_class is DoSSR else 1e-6)  # DoSSR's last step adds noise of 0.029 / 4
    assert torch.equal(process.rollout(y, oracle(x0)), x0)


def test_only_the_later_steps_are_trained_for_detail():
    process = ResShift(np.random.default_rng(1))
    weights = {}
    for _ in range(60):
        levels = []
        process.rollout(torch.zeros(1, 3, 4, 4), lambda x, level: levels.append(level) or x)
        weights[levels[-1]] = process.detail_weight
    assert weights == {3: 0.0, 2: 0.5, 1: 1.0, 0: 1.0}


def test_the_domain_shift_schedule_is_the_official_one():
    golden = json.loads((GOLDEN / 'dossr_schedules.json').read_text())
    process = DoSSR(np.random.default_rng(1))
    assert process.t == golden['space_timesteps']['500:6']
    bar, at = golden['base']['alphas_cumprod'], golden['base']['index']
    assert np.allclose(sd_alphas_bar()[at], bar, rtol=1e-12)
    early = [(i, eta) for i, eta in zip(at, golden['etas']['trunc_12']) if i < 500]
    assert len(early) > 5 and all(abs(process.eta[i] - eta) < 1e-12 for i, eta in early)
    assert abs(process.eta[0] - 2.4674e-6) < 1e-9 and abs(process.eta[499] - 0.9999975) < 1e-7
    assert abs(process.a[499] - 0.526944) < 1e-6 and abs(process.s[499] - 0.849900) < 1e-6


def test_the_coefficients_of_the_last_of_five_steps_are_those_of_the_reference(monkeypatch):
    process = DoSSR(np.random.default_rng(1))
    monkeypatch.setattr(torch, 'randn_like', torch.zeros_like)
    one, zero = torch.ones(1), torch.zeros(1)
    assert abs(process.solver_step(one, zero, [zero], 1).item() - 0.0069) < 5e-5
    assert abs(process.solver_step(zero, one, [zero], 1).item() + 0.00062) < 5e-6
    assert abs(process.solver_step(zero, zero, [one], 1).item() - 0.9937) < 5e-5
