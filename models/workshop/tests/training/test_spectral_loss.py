import numpy as np
import torch

from workshop.training.spectral_loss import grid, log_power, spectrum_loss, texture_loss


def noise(seed, side=192):
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 0.2


def test_other_noise_of_the_same_strength_is_nearly_as_good_and_weaker_noise_is_not():
    assert spectrum_loss(noise(1), noise(1)) == 0
    same, weaker = spectrum_loss(noise(1), noise(2)), spectrum_loss(noise(1) / 2, noise(2))
    assert same < 0.3 and abs(weaker - np.log(4)) < 0.2


def test_a_faint_grid_stands_out_and_noise_has_none():
    lattice = torch.zeros(192, 192)
    lattice[::4] += 0.03
    lattice[:, ::4] += 0.03
    assert abs(grid(noise(1))) < 1
    assert grid(noise(1) / 20 + lattice) > 3


def test_the_spectrum_of_white_noise_is_flat():
    spectrum = log_power(noise(3))
    assert spectrum.shape == (64, 33) and spectrum[2:, 2:].std() < 0.3


def test_it_can_be_descended(photograph):
    x = (torch.from_numpy(photograph[None]).permute(0, 3, 1, 2) / 127.5 - 1).requires_grad_()
    spectrum_loss(x, noise(1)).backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().sum() > 0


def test_texture_may_show_anything_but_must_be_as_strong_and_only_there():
    where = torch.zeros(2, 1, 192, 192, dtype=torch.bool)
    where[..., 60:120, 60:120] = True
    smooth = torch.where(where, 0.0, noise(1))
    assert texture_loss(noise(2), noise(1), where) < 0.25 * texture_loss(smooth, noise(1), where)
    assert texture_loss(torch.where(where, noise(1), 0.0), noise(1), where) < 0.1 * texture_loss(smooth, noise(1), where)
