import pytest
import torch

from workshop.training.schedule import KAPPA, etas, shifted, stepped, subset


def test_the_noise_levels_are_those_of_the_plans():
    assert [KAPPA * e ** 0.5 for e in etas()] == pytest.approx([0.040, 0.279, 0.438, 0.597], abs=5e-4)


def test_a_step_with_the_true_picture_lands_on_the_forward_process():
    x0, y, zero = torch.tensor([0.3]), torch.tensor([-0.2]), torch.zeros(1)
    e = etas()
    assert torch.allclose(stepped(shifted(x0, y, e[3], zero), x0, e[3], e[2], zero), shifted(x0, y, e[2], zero))


def test_every_walk_begins_at_the_last_step():
    assert [subset(etas(), n) for n in (1, 2, 4)] == [[3], [3, 2], [3, 2, 1, 0]]
