"""Draws batches from the shards of `make_pairs.py`."""
from pathlib import Path

import numpy as np
import torch


class ShardDataset:
    """Memory-maps the shards of a folder. New shards are found by `rescan`."""

    def __init__(self, folder: Path, files: list[str] | None = None):
        """files: the names to start with; default: all that exist."""
        self.folder = folder
        self.files: list[str] = []
        self.shards: list[np.ndarray] = []
        self._open(files if files is not None else self._list())
        if not self.shards:
            raise SystemExit(f'there are no shards in {folder}; make some with python -m workshop.data.make_pairs')

    def rescan(self):
        self._open([name for name in self._list() if name not in self.files])

    def batch(self, count: int, rng: np.random.Generator, crop: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """High-resolution and degraded images, float in [-1, 1], [n, 3, h, w]; with `crop`, of that many high-resolution pixels."""
        pairs = []
        for _ in range(count):
            shard = self.shards[rng.integers(len(self.shards))]
            record, frame = shard[rng.integers(len(shard))], int(rng.integers(2))
            hr, lr = record['hr'][frame], record['lr'][frame]
            if crop:
                scale, side = len(hr) // len(lr), crop // (len(hr) // len(lr))
                y, x = rng.integers(len(lr) - side + 1, size=2)
                lr = lr[y:y + side, x:x + side]
                hr = hr[y * scale:(y + side) * scale, x * scale:(x + side) * scale]
            pairs.append((hr, lr))
        hr, lr = zip(*pairs)
        return to_tensor(np.stack(hr)), to_tensor(np.stack(lr))

    def _list(self):
        return sorted(f.name for f in self.folder.glob('*.npy'))

    def _open(self, names: list[str]):
        self.shards += [np.load(self.folder / name, mmap_mode='r') for name in names]
        self.files += names


def to_tensor(images: np.ndarray) -> torch.Tensor:
    """uint8 [n, h, w, 3] → float in [-1, 1], [n, 3, h, w]."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
