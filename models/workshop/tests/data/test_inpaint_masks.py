import numpy as np

from workshop.data.inpaint_masks import random_masks


def test_masks_are_not_empty_and_leave_most_of_the_image():
    masks = random_masks(40, 96, np.random.default_rng(3))
    assert masks.shape == (40, 96, 96) and masks.any((1, 2)).mean() > 0.9 and masks.mean() < 0.25
