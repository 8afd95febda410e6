import numpy as np
import torch

from workshop.data.shard_dataset import ShardDataset


def test_a_crop_shows_the_same_part_of_both_images(tmp_path):
    pairs = np.zeros(3, np.dtype([('hr', 'u1', (2, 64, 64, 3)), ('lr', 'u1', (2, 16, 16, 3))]))
    pairs['hr'] = np.random.default_rng(1).integers(0, 256, pairs['hr'].shape)
    pairs['lr'] = pairs['hr'][:, :, ::4, ::4]
    np.save(tmp_path / '0.npy', pairs)
    hr, lr = ShardDataset(tmp_path).batch(5, np.random.default_rng(1), 32)
    assert hr.shape == (5, 3, 32, 32) and torch.equal(hr[:, :, ::4, ::4], lr)


def test_rescan_finds_new_shards_only(tmp_path):
    pairs = np.zeros(3, np.dtype([('hr', 'u1', (2, 64, 64, 3)), ('lr', 'u1', (2, 16, 16, 3))]))
    np.save(tmp_path / '0.npy', pairs)
    dataset = ShardDataset(tmp_path)
    np.save(tmp_path / '1.npy', pairs)
    dataset.rescan()
    dataset.rescan()
    assert dataset.files == ['0.npy', '1.npy'] and len(dataset.shards) == 2
