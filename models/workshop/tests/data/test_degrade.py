import cv2
import numpy as np
import pytest

from workshop.data.camera_pan import pan
from workshop.data.degrade import chromatic_aberration, degrade, posterise


@pytest.mark.parametrize('seed', range(8))
def test_degraded_frames_are_not_shifted_against_the_ground_truth(photograph, seed):
    """A model trained on shifted pairs would learn to shift."""
    rng = np.random.default_rng(seed)
    scene, _ = pan(photograph, 6 if seed % 2 else 1, 256, 192, 4, rng)
    degraded, description = degrade(scene, 4, rng)
    step = 2 if 'interlaced' in description else 1
    for i, frame in enumerate(degraded):
        truth = cv2.GaussianBlur(scene[i * step].astype(np.float32), (0, 0), 3)
        upscaled = cv2.resize(frame, (256, 192), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        errors = {(dy, dx): ((np.roll(truth, (dy, dx), (0, 1)) - upscaled)[16:-16, 16:-16] ** 2).mean()
                  for dy in (-4, 0, 4) for dx in (-4, 0, 4)}
        assert min(errors, key=errors.get) == (0, 0), description


def test_the_same_seed_gives_the_same_result(photograph):
    results = [degrade(pan(photograph, 4, 128, 96, 4, rng)[0], 4, rng)[0] for rng in
               (np.random.default_rng(3), np.random.default_rng(3))]
    assert np.array_equal(*results)


def test_posterisation_leaves_at_most_64_levels(photograph):
    image = photograph.astype(np.float32) / 255
    assert len(np.unique(posterise(image, np.random.default_rng(1)))) <= 64


def test_chromatic_aberration_shifts_red_and_blue_but_not_green(photograph):
    image = photograph.astype(np.float32) / 255
    shifted = chromatic_aberration(image, np.random.default_rng(1))
    assert np.array_equal(shifted[..., 1], image[..., 1])
    assert all(not np.array_equal(shifted[..., c], image[..., c]) for c in (0, 2))
