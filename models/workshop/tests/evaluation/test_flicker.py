import cv2
import numpy as np
import pytest

from workshop.evaluation.flicker import measure

SHIFT, COUNT, SIZE = (3, 1), 7, (160, 200)


def smooth_noise(rng, size, sigma):
    return cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), sigma)


@pytest.fixture(scope='module')
def videos():
    """A plane that moves by 3, 1 pixels per frame, and three ways of adding detail to it."""
    rng = np.random.default_rng(1)
    big = (SIZE[0] + COUNT * SHIFT[1], SIZE[1] + COUNT * SHIFT[0])
    scene = 128 + 600 * smooth_noise(rng, big, 4)
    detail, fixed = 60 * smooth_noise(rng, big, 1), 60 * smooth_noise(rng, SIZE, 1)

    def moving(field, t):
        y, x = t * SHIFT[1], t * SHIFT[0]
        return field[y:y + SIZE[0], x:x + SIZE[1]]

    def video(frame):
        return [frame(t).clip(0, 255).astype(np.uint8) for t in range(COUNT)]

    return {
        'truth': video(lambda t: moving(scene + detail, t)),
        'lanczos': video(lambda t: moving(scene, t)),
        'stuck': video(lambda t: moving(scene, t) + fixed),
        'flicker': video(lambda t: moving(scene, t) + 60 * smooth_noise(rng, SIZE, 1)),
    }


def test_detail_that_moves_detail_that_sticks_and_detail_that_flickers_are_told_apart(videos):
    rows = measure(videos, 2)
    assert rows['truth']['motion'] > 0.9 and abs(rows['truth']['stick']) < 0.3
    assert rows['stuck']['stick'] > 0.9 and abs(rows['stuck']['motion']) < 0.3
    assert max(abs(rows['flicker']['motion']), abs(rows['flicker']['stick'])) < 0.2
    assert rows['flicker']['warp'] > 10 * rows['truth']['warp']
    assert rows['lanczos']['sigma'] == 0 and np.isnan(rows['lanczos']['motion'])
