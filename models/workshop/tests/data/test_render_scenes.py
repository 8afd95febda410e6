import numpy as np

from workshop.data.render_scenes import WINDOW, apply_tone, load_images, old_film_tone, render_scene


def test_large_images_are_also_loaded_at_half_their_size(images):
    assert [image.shape[:2] for image in load_images(images)] == [(600, 900), (1040, 1100), (520, 550), (90, 90)]


def test_old_film_is_faded_and_flickers():
    rng = np.random.default_rng(2)
    tone = old_film_tone(10, rng)
    assert len(np.unique(tone[:, 0, 0])) == 10 and (tone[:, 1] >= 0).all() and np.ptp(tone[0, 0]) > 0
    frames = rng.integers(0, 256, (10, 4, 4, 3), np.uint8)
    expected = frames * tone[:, 0, None, None] + tone[:, 1, None, None]
    assert np.abs(apply_tone(frames, tone) - np.clip(expected, 0, 255)).max() <= 0.51
    assert apply_tone(frames, np.stack([np.ones((10, 3)), np.zeros((10, 3))], 1)) is frames


def test_the_gate_of_some_scenes_weaves():
    image = np.random.default_rng(2).integers(0, 256, (640, 900, 3), np.uint8)
    origins = [render_scene([image], 4, np.random.default_rng(seed))['origin'] for seed in range(24)]
    jumps = [np.abs(np.diff(origin, 2, axis=0)).max() for origin in origins]  # a pan without weave is straight but for rounding
    assert 0 < sum(jump > 1 for jump in jumps) < 24


def test_windows_have_even_sides_as_the_codecs_require():
    assert all(side % 2 == 0 for window in WINDOW.values() for side in window)
