import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from workshop.data.render_scenes import IN_CHUNK, WINDOW, faded, filmed, record, stock, toned
from workshop.data.scene_dataset import Scenes
from workshop.data.synthetic_images import KINDS, drawn
from workshop.nets import checkpoint
from workshop.training.train import parse_arguments, run


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(5)
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for name, size in (('a.png', (600, 900)), ('b.png', (1040, 1100)), ('c.png', (90, 90))):
        noise = cv2.GaussianBlur(rng.normal(size=(*size, 3)), (0, 0), 3)
        Image.fromarray(((noise / np.abs(noise).max() + 1) * 127).astype(np.uint8)).save(folder / name)
    return folder


def shot(pictures, folder, scale, count=IN_CHUNK):
    folder.mkdir(exist_ok=True)
    truth, scenes, rng = stock(pictures), [], np.random.default_rng(scale)
    while len(scenes) < count:
        scene = filmed(truth, scale, rng)
        scenes += [] if scene is None else [scene]
    np.save(folder / f'{len(list(folder.iterdir())):06}-000.npy', np.array(scenes))
    return folder


def test_large_pictures_are_taken_at_half_their_size_too(pictures):
    assert [p.shape[:2] for p in stock(pictures)] == [(600, 900), (1040, 1100), (520, 550), (90, 90)]


@pytest.mark.parametrize('scale', [4, 2, 1])
def test_a_batch_shows_the_truth_beside_what_is_left_of_it(scale, pictures, tmp_path):
    scenes = Scenes(shot(pictures, tmp_path / 'scenes', scale), pictures, scale, 'cpu', room=32)
    rng = np.random.default_rng(1)
    for _ in range(4):
        hr, lr = scenes.batch(4, rng, 64)
        assert hr.shape == (4, 3, 64, 64) and lr.shape == (4, 3, 64 // scale, 64 // scale)
        small = torch.nn.functional.avg_pool2d(hr, scale) if scale > 1 else hr
        here = (small - lr).abs().mean()
        for elsewhere in (lr.flip(2), lr.flip(3), lr.transpose(2, 3), lr.roll(1, 0)):
            assert here < 0.7 * (small - elsewhere).abs().mean()


def test_a_film_in_the_dark_is_as_dark_in_the_truth(pictures, tmp_path):
    folder = tmp_path / 'scenes'
    folder.mkdir()
    scenes = np.zeros(IN_CHUNK, record(4))
    scenes['tone'][:, :, 0] = 0.25
    np.save(folder / '000000-000.npy', scenes)
    hr, _ = Scenes(folder, pictures, 4, 'cpu', room=16).batch(4, np.random.default_rng(1), 64)
    assert hr.max() <= 0.25 * 2 - 1 + 1e-6


def test_an_old_film_is_faded_flickers_and_weaves_and_its_truth_with_it():
    rng = np.random.default_rng(2)
    tone = faded(10, rng)
    assert len(np.unique(tone[:, 0, 0])) == 10 and (tone[:, 1] >= 0).all() and np.ptp(tone[0, 0]) > 0
    frames = rng.integers(0, 256, (10, 4, 4, 3), np.uint8)
    made = toned(frames, tone)
    expected = frames * tone[:, 0, None, None] + tone[:, 1, None, None]
    assert np.abs(made - np.clip(expected, 0, 255)).max() <= 0.51
    assert toned(frames, np.stack([np.ones((10, 3)), np.zeros((10, 3))], 1)) is frames
    picture = rng.integers(0, 256, (640, 900, 3), np.uint8)
    ways = [filmed([picture], 4, np.random.default_rng(seed))['way'] for seed in range(24)]
    turns = [np.abs(np.diff(way, 2, axis=0)).max() for way in ways]  # a pan is straight but for its rounding
    assert 0 < sum(turn > 1 for turn in turns) < 24


def test_new_scenes_take_the_place_of_the_oldest(pictures, tmp_path):
    folder = shot(pictures, tmp_path / 'scenes', 4)
    scenes = Scenes(folder, pictures, 4, 'cpu', room=24)
    first = scenes.lr[:16].clone()
    shot(pictures, folder, 2 * 2)
    scenes.look_again()
    assert scenes.count == 32 and torch.equal(scenes.lr[8:16], first[8:]) and len(scenes.names) == 2
    assert torch.equal(scenes.lr[:8], first[8:]) or torch.equal(scenes.lr[16:24], first[:8])  # the same seed filmed the same
    scenes.look_again()
    assert scenes.count == 32


def test_a_training_takes_scenes_and_stages_measured_in_minutes(pictures, tmp_path):
    def settings(*more):
        return parse_arguments(['--scenes', str(shot(pictures, tmp_path / 'scenes', 4)), '--pictures', str(pictures), '--run', str(tmp_path / 'run'),
                          '--width', '8', '--condition-blocks', '1', '--denoise-blocks', '1', '--finish', '8', '--batch', '2', '--crop', '64',
                          '--threads', '1', '--fp32', '--log-every', '2', '--stages', 'b:0.00001m,gan:1m', *more])
    run(settings('--steps', '3'))
    assert (tmp_path / 'run' / 'b.pt').exists()
    run(settings('--steps', '5'))
    assert checkpoint.load(tmp_path / 'run' / 'last.pt')['stage_start']['number'] == 1


def test_no_scenes_is_said_in_a_sentence(pictures, tmp_path):
    (tmp_path / 'none').mkdir()
    with pytest.raises(SystemExit, match='there are no scenes'):
        Scenes(tmp_path / 'none', pictures, 4, 'cpu', room=16)


@pytest.mark.parametrize('kind', sorted(set(KINDS), key=lambda kind: kind.__name__))
def test_every_kind_of_drawing_has_something_in_it_and_comes_out_the_same(kind):
    import matplotlib

    from workshop.data.make_pairs import fonts_of
    fonts = fonts_of(__import__('pathlib').Path(matplotlib.get_data_path()))
    one, two = (drawn(kind, np.random.default_rng(3), fonts) for _ in range(2))
    assert one.shape == (960, 1280, 3) and np.array_equal(one, two) and one.std() > 8


def test_the_window_is_what_the_codecs_can_take():
    assert all(side % 2 == 0 for window in WINDOW.values() for side in window)
