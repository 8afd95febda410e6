import numpy as np
import pytest
import torch

from workshop.data.render_scenes import SCENES_PER_CHUNK, scene_dtype
from workshop.data.scene_dataset import SceneDataset


@pytest.mark.parametrize('scale', [4, 2, 1])
def test_a_batch_shows_the_ground_truth_and_its_degraded_version(scale, add_chunk, images):
    dataset = SceneDataset(add_chunk(scale), images, scale, 'cpu', capacity=32)
    rng = np.random.default_rng(1)
    for _ in range(4):
        hr, lr = dataset.batch(4, rng, 64)
        assert hr.shape == (4, 3, 64, 64) and lr.shape == (4, 3, 64 // scale, 64 // scale)
        small = torch.nn.functional.avg_pool2d(hr, scale) if scale > 1 else hr
        error = (small - lr).abs().mean()
        for wrong in (lr.flip(2), lr.flip(3), lr.transpose(2, 3), lr.roll(1, 0)):
            assert error < 0.7 * (small - wrong).abs().mean()


def test_the_ground_truth_of_a_dark_scene_is_as_dark(images, tmp_path):
    folder = tmp_path / 'scenes'
    folder.mkdir()
    scenes = np.zeros(SCENES_PER_CHUNK, scene_dtype(4))
    scenes['tone'][:, :, 0] = 0.25
    np.save(folder / '000000-000.npy', scenes)
    hr, _ = SceneDataset(folder, images, 4, 'cpu', capacity=16).batch(4, np.random.default_rng(1), 64)
    assert hr.max() <= 0.25 * 2 - 1 + 1e-6


def test_new_scenes_replace_the_oldest(add_chunk, images):
    dataset = SceneDataset(add_chunk(4), images, 4, 'cpu', capacity=24)
    first = dataset.lr[:16].clone()
    add_chunk(4)  # the same seed, so the same scenes
    dataset.rescan()
    assert dataset.count == 32 and len(dataset.files) == 2
    assert torch.equal(dataset.lr[8:16], first[8:]) and torch.equal(dataset.lr[16:24], first[:8]) and torch.equal(dataset.lr[:8], first[8:])
    dataset.rescan()
    assert dataset.count == 32


def test_chunks_with_the_old_names_of_fields_are_read(add_chunk, images):
    folder = add_chunk(4)
    before = SceneDataset(folder, images, 4, 'cpu', capacity=16).batch(2, np.random.default_rng(1), 64)
    file = next(folder.iterdir())
    chunk = np.load(file)
    chunk.dtype.names = ('picture', 'tone', 'way', 'lr')
    np.save(file, chunk)
    after = SceneDataset(folder, images, 4, 'cpu', capacity=16).batch(2, np.random.default_rng(1), 64)
    assert all(torch.equal(a, b) for a, b in zip(before, after))


def test_an_empty_folder_of_scenes_is_an_error(images, tmp_path):
    (tmp_path / 'none').mkdir()
    with pytest.raises(SystemExit, match='there are no scenes'):
        SceneDataset(tmp_path / 'none', images, 4, 'cpu', capacity=16)
