"""Draws batches from the scenes that `render_scenes.py` makes: the pictures and the scenes lie in the device's memory, and every batch
cuts them anew, so a GPU does not wait for a disk or a processor."""
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .render_scenes import FRAMES, WINDOW, stock

ROOM = 8000  # scenes; then new ones take the place of the oldest


class Scenes:
    """Lives as long as the training; learns of new chunks when told to look. The same interface as `shard_dataset.Shards`."""

    def __init__(self, folder: Path, pictures: Path, scale: int, device, known: list[str] | None = None, room: int = ROOM):
        self.folder, self.scale, self.device, self.room = folder, scale, device, room
        truth = stock(pictures)
        self.truth = torch.cat([torch.from_numpy(p.reshape(-1)) for p in truth]).to(device)
        sizes = np.array([p.size for p in truth])
        self.begin = torch.from_numpy(np.cumsum(sizes) - sizes).to(device)
        self.width = torch.tensor([p.shape[1] for p in truth], device=device)
        self.names: list[str] = []
        self.count = 0  # of all scenes ever taken
        self.lr = torch.empty((room, FRAMES, *WINDOW[scale], 3), dtype=torch.uint8, device=device)
        self.way = torch.empty((room, FRAMES, 2), dtype=torch.long, device=device)
        self.picture = torch.empty(room, dtype=torch.long, device=device)
        self.tone = torch.empty((room, FRAMES, 2, 3), device=device)
        self._take(known if known is not None else self._present())
        if not self.count:
            raise SystemExit(f'there are no scenes in {folder}; film some with python -m workshop.data.render_scenes')

    def look_again(self):
        known = set(self.names)
        self._take([name for name in self._present() if name not in known])

    def batch(self, count: int, rng: np.random.Generator, crop: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The truth [n, 3, crop, crop] and what is left of it, in [-1, 1], on the device. Twice as many are drawn and
        the duller half is left out: skies teach nothing."""
        drawn, side = count * 2, (crop or 128) // self.scale
        h, w = WINDOW[self.scale]
        choice = np.stack([rng.integers(n, size=drawn) for n in
                           (min(self.count, self.room), FRAMES, h - side + 1, w - side + 1, 2, 2)])
        scene, frame, top, left, down, right = torch.from_numpy(choice).to(self.device)
        swap = bool(rng.random() < 0.5)
        small = self._cut(top, left, down, right, side, 1)
        lr = self.lr[scene[:, None, None], frame[:, None, None], small[0][:, :, None], small[1][:, None, :]]
        ys, xs = self._cut(top, left, down, right, side, self.scale)
        ys, xs = ys + self.way[scene, frame, 0][:, None], xs + self.way[scene, frame, 1][:, None]
        picture = self.picture[scene]
        at = self.begin[picture][:, None, None] + 3 * (ys[:, :, None] * self.width[picture][:, None, None] + xs[:, None, :])
        hr = self.truth[at[..., None] + torch.arange(3, device=self.device)]
        tone = self.tone[scene, frame][:, :, None, None]
        hr = (hr * tone[:, 0] + tone[:, 1]).clamp(0, 255)
        lively = self._detail(hr).topk(count, sorted=False).indices
        return _picture(hr[lively], swap), _picture(lr[lively].float(), swap)

    def _cut(self, top, left, down, right, side, scale):
        """Rows and columns [n, side · scale] of the window, some of them backwards."""
        along = torch.arange(side * scale, device=self.device)
        back = along.flip(0)
        return (top[:, None] * scale + torch.where(down[:, None] > 0, back, along),
                left[:, None] * scale + torch.where(right[:, None] > 0, back, along))

    @staticmethod
    def _detail(hr):
        grey = hr.mean(3)[:, None]
        return (grey - F.avg_pool2d(grey, 3, 1, 1)).abs().clamp(max=4).mean((1, 2, 3))  # a few hard edges are not all

    def _present(self):
        return sorted(f.name for f in self.folder.glob('*.npy'))

    def _take(self, names: list[str]):
        for name in names[-(self.room // 16):] if len(names) > self.room // 16 else names:
            chunk = np.load(self.folder / name)
            at = torch.arange(self.count, self.count + len(chunk), device=self.device) % self.room
            self.lr[at] = torch.from_numpy(chunk['lr']).to(self.device)
            self.way[at] = torch.from_numpy(chunk['way'].astype(np.int64)).to(self.device)
            self.picture[at] = torch.from_numpy(chunk['picture'].astype(np.int64)).to(self.device)
            self.tone[at] = torch.from_numpy(chunk['tone']).to(self.device)
            self.count += len(chunk)
        self.names += names


def _picture(x: torch.Tensor, swap: bool) -> torch.Tensor:
    x = x.permute(0, 3, 2, 1) if swap else x.permute(0, 3, 1, 2)
    return x.contiguous() / 127.5 - 1
