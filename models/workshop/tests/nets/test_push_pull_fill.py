import pytest
import torch

from workshop.nets.push_pull_fill import PushPullFill


def masked_image(h, w):
    x = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)) * 2 - 1
    mask = -torch.ones(1, 1, h, w)
    mask[..., h // 4:h // 2 + 1, w // 4:] = 1
    return x, mask


@pytest.mark.parametrize('size', [(24, 40), (37, 51), (150, 9)])
def test_known_pixels_are_unchanged_and_masked_pixels_are_ignored(size):
    x, mask = masked_image(*size)
    filled = PushPullFill()(x, mask)
    assert torch.equal(filled[:, :, mask[0, 0] < 0], x[:, :, mask[0, 0] < 0])
    assert torch.equal(filled, PushPullFill()(torch.where(mask > 0, 7.0, x), mask))
    assert filled.abs().max() <= 1


def test_a_uniform_image_is_filled_with_its_colour_however_large_the_mask():
    x, mask = torch.full((1, 3, 700, 20), 0.25), torch.ones(1, 1, 700, 20)
    mask[..., 0, 0] = -1
    assert torch.allclose(PushPullFill()(torch.where(mask > 0, -1.0, x), mask), x, atol=1e-6)


@pytest.mark.parametrize('side', [1, 2, 64])
def test_a_fully_masked_image_becomes_grey_not_nan(side):
    filled = PushPullFill()(torch.ones(1, 3, side, side), torch.ones(1, 1, side, side))
    assert torch.equal(filled, torch.zeros(1, 3, side, side))
