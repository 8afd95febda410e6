import cv2
import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Sums come out the same only with the same number of threads."""
    torch.set_num_threads(1)


@pytest.fixture
def photograph():
    """Soft blobs with sharp edges; big enough for a pan."""
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.normal(size=(320, 416, 3)), (0, 0), 6)
    noise += 0.3 * (cv2.GaussianBlur(rng.normal(size=(320, 416, 1)), (0, 0), 2) > 0.02)[..., None]
    low, high = noise.min(), noise.max()
    return ((noise - low) / (high - low) * 255).astype(np.uint8)


@pytest.fixture
def shards(tmp_path, photograph):
    from workshop.data.make_pairs import shard
    folder = tmp_path / 'shards'
    folder.mkdir()
    np.save(folder / '00000.npy', shard([photograph], 6, 4, np.random.default_rng(1), []))
    return folder
