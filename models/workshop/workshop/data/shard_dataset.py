"""Draws batches from the shards that `make_pairs.py` makes."""
from pathlib import Path

import numpy as np
import torch


class Shards:
    """Lives as long as the training: maps the files it knows and learns of new ones when told to look."""

    def __init__(self, folder: Path, known: list[str] | None = None):
        self.folder = folder
        self.names: list[str] = []
        self.maps: list[np.ndarray] = []
        self._take(known if known is not None else self._present())
        if not self.maps:
            raise SystemExit(f'there are no shards in {folder}; make some with python -m workshop.data.make_pairs')

    def look_again(self):
        self._take([name for name in self._present() if name not in self.names])

    def batch(self, count: int, rng: np.random.Generator, crop: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Full-size pictures and small ones; float in [-1, 1], [n, 3, h, w]; of the full size only `crop` pixels, if given."""
        cut = []
        for _ in range(count):
            shard = self.maps[rng.integers(len(self.maps))]
            record, frame = shard[rng.integers(len(shard))], int(rng.integers(2))
            hr, lr = record['hr'][frame], record['lr'][frame]
            if crop:
                scale, side = len(hr) // len(lr), crop // (len(hr) // len(lr))
                y, x = rng.integers(len(lr) - side + 1, size=2)
                lr = lr[y:y + side, x:x + side]
                hr = hr[y * scale:(y + side) * scale, x * scale:(x + side) * scale]
            cut.append((hr, lr))
        hr, lr = zip(*cut)
        return picture(np.stack(hr)), picture(np.stack(lr))

    def _present(self):
        return sorted(f.name for f in self.folder.glob('*.npy'))

    def _take(self, names: list[str]):
        self.maps += [np.load(self.folder / name, mmap_mode='r') for name in names]
        self.names += names


def picture(bytes_: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(bytes_)).permute(0, 3, 1, 2).float() / 127.5 - 1
