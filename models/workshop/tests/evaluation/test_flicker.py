import cv2
import numpy as np
import pytest

from workshop.evaluation.flicker import measure
from workshop.evaluation.niqe import skewed

SHIFT, COUNT, SIZE = (3, 1), 7, (160, 200)


def smooth(rng, size, sigma):
    return cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), sigma)


@pytest.fixture(scope='module')
def films():
    """A wall that moves by 3, 1 pixels a frame, and three ways of inventing detail for it."""
    rng = np.random.default_rng(1)
    big = (SIZE[0] + COUNT * SHIFT[1], SIZE[1] + COUNT * SHIFT[0])
    scene = 128 + 600 * smooth(rng, big, 4)
    detail, glass = 60 * smooth(rng, big, 1), 60 * smooth(rng, SIZE, 1)

    def seen(field, t):
        y, x = t * SHIFT[1], t * SHIFT[0]
        return field[y:y + SIZE[0], x:x + SIZE[1]]

    def film(frame):
        return [frame(t).clip(0, 255).astype(np.uint8) for t in range(COUNT)]

    return {
        'truth': film(lambda t: seen(scene + detail, t)),
        'lanczos': film(lambda t: seen(scene, t)),
        'stuck': film(lambda t: seen(scene, t) + glass),
        'flicker': film(lambda t: seen(scene, t) + 60 * smooth(rng, SIZE, 1)),
    }


def test_tells_detail_that_follows_from_detail_that_sticks_and_detail_that_flickers(films):
    found = measure(films, 2)
    assert found['truth']['motion'] > 0.9 and abs(found['truth']['stick']) < 0.3
    assert found['stuck']['stick'] > 0.9 and abs(found['stuck']['motion']) < 0.3
    assert max(abs(found['flicker']['motion']), abs(found['flicker']['stick'])) < 0.2
    assert found['flicker']['warp'] > 10 * found['truth']['warp']
    assert found['lanczos']['sigma'] == 0 and np.isnan(found['lanczos']['motion'])


def test_finds_the_shape_of_a_gaussian():
    shape, left, right = skewed(np.random.default_rng(1).standard_normal(100_000))
    assert shape == pytest.approx(2, abs=0.05)
    assert left == pytest.approx(right, abs=0.03)
