import numpy as np
import torch

from workshop.training.spectral_loss import grid_strength, log_power_spectrum, spectral_loss, texture_loss


def noise(seed, side=192):
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 0.2


def test_the_spectral_loss_compares_power_not_phase():
    assert spectral_loss(noise(1), noise(1)) == 0
    other_noise, half_as_strong = spectral_loss(noise(1), noise(2)), spectral_loss(noise(1) / 2, noise(2))
    assert other_noise < 0.3 and abs(half_as_strong - np.log(4)) < 0.2


def test_a_faint_grid_is_measured_and_noise_has_none():
    grid = torch.zeros(192, 192)
    grid[::4] += 0.03
    grid[:, ::4] += 0.03
    assert abs(grid_strength(noise(1))) < 1
    assert grid_strength(noise(1) / 20 + grid) > 3


def test_the_spectrum_of_white_noise_is_flat():
    spectrum = log_power_spectrum(noise(3))
    assert spectrum.shape == (64, 33) and spectrum[2:, 2:].std() < 0.3


def test_the_spectral_loss_has_a_finite_gradient(photograph):
    x = (torch.from_numpy(photograph[None]).permute(0, 3, 1, 2) / 127.5 - 1).requires_grad_()
    spectral_loss(x, noise(1)).backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().sum() > 0


def test_the_texture_loss_compares_strength_not_content_and_only_inside_the_mask():
    where = torch.zeros(2, 1, 192, 192, dtype=torch.bool)
    where[..., 60:120, 60:120] = True
    smooth = torch.where(where, 0.0, noise(1))
    assert texture_loss(noise(2), noise(1), where) < 0.25 * texture_loss(smooth, noise(1), where)
    assert texture_loss(torch.where(where, noise(1), 0.0), noise(1), where) < 0.1 * texture_loss(smooth, noise(1), where)
