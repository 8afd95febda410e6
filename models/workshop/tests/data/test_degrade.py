import cv2
import numpy as np
import pytest

from workshop.data.camera_pan import pan
from workshop.data.degrade import aberrant, banded, degrade
from workshop.data.video_codec import CODECS, through_codec


@pytest.mark.parametrize('seed', range(8))
def test_what_is_left_lies_where_the_truth_lies(photograph, seed):
    """The likeness is greatest without a shift; a shifted pair teaches the model to shift."""
    rng = np.random.default_rng(seed)
    scene, _ = pan(photograph, 6 if seed % 2 else 1, 256, 192, 4, rng)
    small, words = degrade(scene, 4, rng)
    step = 2 if 'interlaced' in words else 1
    for i, little in enumerate(small):
        big = cv2.GaussianBlur(scene[i * step].astype(np.float32), (0, 0), 3)
        grown = cv2.resize(little, (256, 192), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        errors = {(dy, dx): ((np.roll(big, (dy, dx), (0, 1)) - grown)[16:-16, 16:-16] ** 2).mean()
                  for dy in (-4, 0, 4) for dx in (-4, 0, 4)}
        assert min(errors, key=errors.get) == (0, 0), words


@pytest.mark.parametrize('codec', CODECS)
def test_every_frame_comes_back_from_the_codec(photograph, codec):
    frames = np.stack([photograph[:96, i:i + 128] for i in range(6)])
    back = through_codec(frames, codec, 0.2, np.random.default_rng(1))
    assert back.shape == frames.shape
    assert np.abs(back.astype(int) - frames).mean() < 12


def test_two_fields_become_one_frame_of_the_first(photograph):
    frames = np.stack([photograph[:96, 8 * i:8 * i + 128] for i in range(8)])
    back = through_codec(frames, 'mpeg2', 0.0, np.random.default_rng(1), interlaced=True)
    assert len(back) == 4
    errors = [np.abs(back[1].astype(int) - frame).mean() for frame in frames]
    assert int(np.argmin(errors)) == 2


def test_the_same_seed_gives_the_same_pair(photograph):
    made = [degrade(pan(photograph, 4, 128, 96, 4, rng)[0], 4, rng)[0] for rng in
            (np.random.default_rng(3), np.random.default_rng(3))]
    assert np.array_equal(*made)


def test_bands_leave_few_tones_and_aberration_parts_the_colours(photograph):
    picture = photograph.astype(np.float32) / 255
    assert len(np.unique(banded(picture, np.random.default_rng(1)))) <= 64
    parted = aberrant(picture, np.random.default_rng(1))
    assert np.array_equal(parted[..., 1], picture[..., 1])
    assert all(not np.array_equal(parted[..., c], picture[..., c]) for c in (0, 2))
