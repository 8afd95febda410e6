import pytest
import torch

from workshop.nets.push_pull_fill import Fill


def holed(h, w):
    x = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)) * 2 - 1
    mask = -torch.ones(1, 1, h, w)
    mask[..., h // 4:h // 2 + 1, w // 4:] = 1
    return x, mask


@pytest.mark.parametrize('size', [(24, 40), (37, 51), (150, 9)])
def test_what_is_known_stays_and_what_lies_in_a_hole_does_not_matter(size):
    x, mask = holed(*size)
    filled = Fill()(x, mask)
    assert torch.equal(filled[:, :, mask[0, 0] < 0], x[:, :, mask[0, 0] < 0])
    assert torch.equal(filled, Fill()(torch.where(mask > 0, 7.0, x), mask))
    assert filled.abs().max() <= 1


def test_a_plain_picture_is_filled_with_its_own_colour_however_large_the_hole():
    x, mask = torch.full((1, 3, 700, 20), 0.25), torch.ones(1, 1, 700, 20)
    mask[..., 0, 0] = -1
    assert torch.allclose(Fill()(torch.where(mask > 0, -1.0, x), mask), x, atol=1e-6)


@pytest.mark.parametrize('side', [1, 2, 64])
def test_nothing_known_gives_grey_and_no_nan(side):
    assert torch.equal(Fill()(torch.ones(1, 3, side, side), torch.ones(1, 1, side, side)), torch.zeros(1, 3, side, side))
