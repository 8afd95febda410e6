"""Cuts pairs (what was filmed, what is left of it) from photographs and keeps them in shards.

python -m workshop.data.make_pairs --photos UNPACKED_PACKAGES --out SHARDS [--more OWN_PICTURES] [--shards N] [--use held]

A shard is made from (seed, number) alone, so any of them can be made again. A trainer that runs at the same time
takes new shards when it looks at the folder again.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np

from .camera_pan import liveliness, pan, with_text
from .degrade import degrade
from .photos import Photo, manifest, own_photos, views

PATCH = 192  # full-size pixels


def shard(pictures: list[np.ndarray], count: int, scale: int, rng, fonts: list[str]) -> np.ndarray:
    """Two neighbouring frames per pair where the scene has them, so that a trainer may ask for agreement over time;
    `film` is False where both frames are one and the same still. One array of records, so that a trainer can map the
    file and the memory stays the system's."""
    side = PATCH // scale
    record = np.dtype([('hr', 'u1', (2, PATCH, PATCH, 3)), ('lr', 'u1', (2, side, side, 3)), ('film', '?')])
    found = []
    while len(found) < count:
        found += scene_pairs(pictures[rng.integers(len(pictures))], scale, rng, fonts)
    return np.array(found, record)[rng.permutation(len(found))[:count]]


def scene_pairs(picture: np.ndarray, scale: int, rng, fonts: list[str], wanted: int = 5):
    """Pairs from one window: from a video codec (60 %) or from a still (40 %)."""
    # What the codec sees is 208 × 144, or four times as much where one window has to give several patches all the same.
    factor = max(2, scale)
    w, h = min(208 * factor, picture.shape[1] // 32 * 32), min(144 * factor, picture.shape[0] // 32 * 32)
    film = rng.random() < 0.6
    scene, _ = pan(picture, 10 if film else 1, w, h, scale, rng)
    if fonts and rng.random() < 0.06:
        scene = with_text(scene, fonts, rng)
    small, words = degrade(scene, scale, rng)
    step = 2 if 'interlaced' in words else 1
    at = int(rng.integers(0, len(small) - 1)) if film else 0
    then = at + 1 if film else at
    found, tries = [], 0
    while len(found) < wanted and (tries := tries + 1) < 60:
        side = PATCH // scale
        y, x = rng.integers(h // scale - side + 1), rng.integers(w // scale - side + 1)
        big = [scene[k * step, y * scale:y * scale + PATCH, x * scale:x * scale + PATCH] for k in (at, then)]
        if liveliness(big[0]) < 6 and rng.random() < 0.9:
            continue
        little = [small[k, y:y + side, x:x + side] for k in (at, then)]
        turn = [int(rng.integers(2)) for _ in range(3)]
        found.append((_turned(big, turn), _turned(little, turn), film))
    return found


def _turned(frames, turn):
    stack = np.stack(frames)
    stack = stack[:, ::-1] if turn[0] else stack
    stack = stack[:, :, ::-1] if turn[1] else stack
    return np.ascontiguousarray(stack.transpose(0, 2, 1, 3) if turn[2] else stack)


def fonts_of(folder: Path | None) -> list[str]:
    return [] if folder is None else sorted(str(f) for f in folder.rglob('*.ttf'))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--photos', type=Path, required=True, help='where the packages of photos.tsv were unpacked')
    p.add_argument('--more', type=Path, help='a folder of further photographs')
    p.add_argument('--fonts', type=Path, help='a folder of TrueType fonts, for pictures with text')
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--use', choices=['train', 'held'], default='train')
    p.add_argument('--scale', type=int, default=4)
    p.add_argument('--shards', type=int, default=40)
    p.add_argument('--count', type=int, default=400, help='pairs in a shard')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--pause', type=Path, help='while PAUSE or PAUSE-anything exists no shard is begun')
    a = p.parse_args()
    photos: list[Photo] = [f for f in manifest() if f.use == a.use] + (own_photos(a.more) if a.more else [])
    a.out.mkdir(parents=True, exist_ok=True)
    fonts = fonts_of(a.fonts)
    for number in range(a.shards):
        file = a.out / f'{number:05}.npy'
        if file.exists():
            continue
        while a.pause and any(a.pause.parent.glob(a.pause.name + '*')):
            time.sleep(2)
        rng = np.random.default_rng([a.seed, number])
        # A dozen photographs per shard: all of them at once would not fit into memory.
        chosen = rng.choice(len(photos), min(12, len(photos)), replace=False)
        pictures = [v for i in chosen for v in views(photos[i], a.photos)]
        made = shard(pictures, a.count, a.scale, rng, fonts)
        part = file.with_suffix('.part')
        with open(part, 'wb') as out:
            np.save(out, made)
        os.replace(part, file)  # a trainer never sees half a shard
        print(f'{file.name}: {len(made)} pairs', flush=True)


if __name__ == '__main__':
    main()
