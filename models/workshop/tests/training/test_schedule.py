import pytest
import torch

from workshop.training.schedule import KAPPA, etas, forward_process, reverse_step, timestep_subset


def test_the_noise_levels_are_those_of_the_plans():
    assert [KAPPA * e ** 0.5 for e in etas()] == pytest.approx([0.040, 0.279, 0.438, 0.597], abs=5e-4)


def test_a_reverse_step_with_the_true_image_lands_on_the_forward_process():
    x0, y, zero = torch.tensor([0.3]), torch.tensor([-0.2]), torch.zeros(1)
    e = etas()
    state = reverse_step(forward_process(x0, y, e[3], zero), x0, e[3], e[2], zero)
    assert torch.allclose(state, forward_process(x0, y, e[2], zero))


def test_every_sampler_starts_at_the_last_level():
    assert [timestep_subset(etas(), n) for n in (1, 2, 4)] == [[3], [3, 2], [3, 2, 1, 0]]
