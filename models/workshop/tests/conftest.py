import cv2
import numpy as np
import pytest
import torch
from PIL import Image


@pytest.fixture(autouse=True)
def one_thread():
    """Sums are only reproducible with a fixed number of threads."""
    torch.set_num_threads(1)


@pytest.fixture
def photograph():
    """Soft blobs with sharp edges, large enough for a pan."""
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.normal(size=(320, 416, 3)), (0, 0), 6)
    noise += 0.3 * (cv2.GaussianBlur(rng.normal(size=(320, 416, 1)), (0, 0), 2) > 0.02)[..., None]
    low, high = noise.min(), noise.max()
    return ((noise - low) / (high - low) * 255).astype(np.uint8)


@pytest.fixture
def shards(tmp_path, photograph):
    """A folder with one shard of six pairs."""
    from workshop.data.make_pairs import make_shard
    folder = tmp_path / 'shards'
    folder.mkdir()
    np.save(folder / '00000.npy', make_shard([photograph], 6, 4, np.random.default_rng(1), []))
    return folder


@pytest.fixture
def images(tmp_path):
    """A folder of three images, the last of which is smaller than a window."""
    rng = np.random.default_rng(5)
    folder = tmp_path / 'images'
    folder.mkdir()
    for name, size in (('a.png', (600, 900)), ('b.png', (1040, 1100)), ('c.png', (90, 90))):
        noise = cv2.GaussianBlur(rng.normal(size=(*size, 3)), (0, 0), 3)
        Image.fromarray(((noise / np.abs(noise).max() + 1) * 127).astype(np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def add_chunk(images, tmp_path):
    """add_chunk(scale) renders a chunk of scenes of `images` and returns its folder."""
    from workshop.data.render_scenes import load_images, render_chunk
    folder = tmp_path / 'scenes'

    def add(scale):
        folder.mkdir(exist_ok=True)
        chunk = render_chunk(load_images(images), scale, np.random.default_rng(scale))
        np.save(folder / f'{len(list(folder.iterdir())):06}-000.npy', chunk)
        return folder

    return add
