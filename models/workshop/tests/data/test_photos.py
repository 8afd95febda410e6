import numpy as np
import torch

from workshop.data.photos import manifest
from workshop.data.shard_dataset import Shards


def test_every_photograph_has_a_licence_and_appears_once():
    photos = manifest()
    assert len({photo.path for photo in photos}) == len(photos) > 100
    assert all(photo.licence and photo.author for photo in photos)
    assert {photo.use for photo in photos} == {'train', 'held'}


def test_a_crop_shows_the_same_part_of_both(tmp_path):
    pair = np.zeros(3, np.dtype([('hr', 'u1', (2, 64, 64, 3)), ('lr', 'u1', (2, 16, 16, 3))]))
    pair['hr'] = np.random.default_rng(1).integers(0, 256, pair['hr'].shape)
    pair['lr'] = pair['hr'][:, :, ::4, ::4]
    np.save(tmp_path / '0.npy', pair)
    hr, lr = Shards(tmp_path).batch(5, np.random.default_rng(1), 32)
    assert hr.shape == (5, 3, 32, 32) and torch.equal(hr[:, :, ::4, ::4], lr)
