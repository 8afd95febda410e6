"""Draws batches from the scenes of `render_scenes.py`. Images and scenes are in the memory of the device, and batches are cropped
there, so a GPU does not wait for the disk or the CPU."""
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .render_scenes import FRAMES, SCENES_PER_CHUNK, WINDOW, load_images, scene_dtype

CAPACITY = 8000  # scenes; when it is full, new scenes replace the oldest


class SceneDataset:
    """Has the interface of `shard_dataset.ShardDataset`. New chunks are found by `rescan`."""

    def __init__(self, folder: Path, images: Path, scale: int, device, files: list[str] | None = None, capacity: int = CAPACITY):
        """images: the folder that the scenes were rendered from. files: the names to start with; default: all that exist."""
        self.folder, self.scale, self.device, self.capacity = folder, scale, device, capacity
        truth = load_images(images)
        self.truth = torch.cat([torch.from_numpy(p.reshape(-1)) for p in truth]).to(device)
        sizes = np.array([p.size for p in truth])
        self.begin = torch.from_numpy(np.cumsum(sizes) - sizes).to(device)
        self.width = torch.tensor([p.shape[1] for p in truth], device=device)
        self.files: list[str] = []
        self.count = 0  # scenes loaded so far, including replaced ones
        self.lr = torch.empty((capacity, FRAMES, *WINDOW[scale], 3), dtype=torch.uint8, device=device)
        self.origin = torch.empty((capacity, FRAMES, 2), dtype=torch.long, device=device)
        self.image = torch.empty(capacity, dtype=torch.long, device=device)
        self.tone = torch.empty((capacity, FRAMES, 2, 3), device=device)
        self._load(files if files is not None else self._list())
        if not self.count:
            raise SystemExit(f'there are no scenes in {folder}; render some with python -m workshop.data.render_scenes')

    def rescan(self):
        known = set(self.files)
        self._load([name for name in self._list() if name not in known])

    def batch(self, count: int, rng: np.random.Generator, crop: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """High-resolution images [n, 3, crop, crop] and degraded ones, in [-1, 1], on the device. Twice as many crops are drawn
        and the half with less detail is dropped, because plain areas teach nothing."""
        drawn, side = count * 2, (crop or 128) // self.scale
        h, w = WINDOW[self.scale]
        choice = np.stack([rng.integers(n, size=drawn) for n in
                           (min(self.count, self.capacity), FRAMES, h - side + 1, w - side + 1, 2, 2)])
        scene, frame, top, left, flip_y, flip_x = torch.from_numpy(choice).to(self.device)
        transpose = bool(rng.random() < 0.5)
        ys, xs = self._crop(top, left, flip_y, flip_x, side, 1)
        lr = self.lr[scene[:, None, None], frame[:, None, None], ys[:, :, None], xs[:, None, :]]
        ys, xs = self._crop(top, left, flip_y, flip_x, side, self.scale)
        ys, xs = ys + self.origin[scene, frame, 0][:, None], xs + self.origin[scene, frame, 1][:, None]
        image = self.image[scene]
        at = self.begin[image][:, None, None] + 3 * (ys[:, :, None] * self.width[image][:, None, None] + xs[:, None, :])
        hr = self.truth[at[..., None] + torch.arange(3, device=self.device)]
        tone = self.tone[scene, frame][:, :, None, None]
        hr = (hr * tone[:, 0] + tone[:, 1]).clamp(0, 255)
        kept = self._detail(hr).topk(count, sorted=False).indices
        return _to_tensor(hr[kept], transpose), _to_tensor(lr[kept].float(), transpose)

    def _crop(self, top, left, flip_y, flip_x, side, scale):
        """Rows and columns [n, side · scale] of the crops, in reverse order where flipped."""
        forward = torch.arange(side * scale, device=self.device)
        backward = forward.flip(0)
        return (top[:, None] * scale + torch.where(flip_y[:, None] > 0, backward, forward),
                left[:, None] * scale + torch.where(flip_x[:, None] > 0, backward, forward))

    @staticmethod
    def _detail(hr):
        grey = hr.mean(3)[:, None]
        return (grey - F.avg_pool2d(grey, 3, 1, 1)).abs().clamp(max=4).mean((1, 2, 3))  # clamped, so that a few hard edges do not dominate

    def _list(self):
        return sorted(f.name for f in self.folder.glob('*.npy'))

    def _load(self, names: list[str]):
        for name in names[-(self.capacity // SCENES_PER_CHUNK):]:
            # `view`, because chunks of older versions have the same fields under other names.
            chunk = np.load(self.folder / name).view(scene_dtype(self.scale))
            at = torch.arange(self.count, self.count + len(chunk), device=self.device) % self.capacity
            self.lr[at] = torch.from_numpy(chunk['lr']).to(self.device)
            self.origin[at] = torch.from_numpy(chunk['origin'].astype(np.int64)).to(self.device)
            self.image[at] = torch.from_numpy(chunk['image'].astype(np.int64)).to(self.device)
            self.tone[at] = torch.from_numpy(chunk['tone']).to(self.device)
            self.count += len(chunk)
        self.files += names


def _to_tensor(x: torch.Tensor, transpose: bool) -> torch.Tensor:
    x = x.permute(0, 3, 2, 1) if transpose else x.permute(0, 3, 1, 2)
    return x.contiguous() / 127.5 - 1
