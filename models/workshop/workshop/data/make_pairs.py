"""Makes training pairs (a high-resolution image and its degraded version) from photographs, in shards.

python -m workshop.data.make_pairs --photos UNPACKED_PACKAGES --out SHARDS [--more OWN_PHOTOS] [--shards N] [--split validation]

A shard depends on (seed, number) only, so each can be reproduced. A training that runs at the same time finds new shards when it
rescans the folder.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np

from .camera_pan import detail_level, draw_text, pan
from .degrade import degrade
from .photos import Photo, own_photos, read_manifest, read_training_sizes

PATCH = 192  # high-resolution pixels


def make_shard(images: list[np.ndarray], count: int, scale: int, rng, fonts: list[str]) -> np.ndarray:
    """One array of records. A pair has two neighbouring frames, so that temporal consistency can be trained; `video` is False
    where both are the same still image."""
    side = PATCH // scale
    record = np.dtype([('hr', 'u1', (2, PATCH, PATCH, 3)), ('lr', 'u1', (2, side, side, 3)), ('video', '?')])
    pairs = []
    while len(pairs) < count:
        pairs += cut_pairs(images[rng.integers(len(images))], scale, rng, fonts)
    return np.array(pairs, record)[rng.permutation(len(pairs))[:count]]


def cut_pairs(image: np.ndarray, scale: int, rng, fonts: list[str], wanted: int = 5):
    """Pairs from one window of an image: from a video (60 %) or from a still (40 %)."""
    # The codec gets 208 × 144 pixels. At scale 1 the window is twice as large, so that several patches fit into it.
    factor = max(2, scale)
    w, h = min(208 * factor, image.shape[1] // 32 * 32), min(144 * factor, image.shape[0] // 32 * 32)
    video = rng.random() < 0.6
    scene, _ = pan(image, 10 if video else 1, w, h, scale, rng)
    if fonts and rng.random() < 0.06:
        scene = draw_text(scene, fonts, rng)
    degraded, description = degrade(scene, scale, rng)
    step = 2 if 'interlaced' in description else 1
    first = int(rng.integers(0, len(degraded) - 1)) if video else 0
    frames = (first, first + 1 if video else first)
    pairs, tries = [], 0
    while len(pairs) < wanted and (tries := tries + 1) < 60:
        side = PATCH // scale
        y, x = rng.integers(h // scale - side + 1), rng.integers(w // scale - side + 1)
        hr = [scene[k * step, y * scale:y * scale + PATCH, x * scale:x * scale + PATCH] for k in frames]
        if detail_level(hr[0]) < 6 and rng.random() < 0.9:
            continue
        lr = [degraded[k, y:y + side, x:x + side] for k in frames]
        flips = [int(rng.integers(2)) for _ in range(3)]
        pairs.append((_flipped(hr, flips), _flipped(lr, flips), video))
    return pairs


def _flipped(frames, flips):
    """flips: vertical, horizontal, transpose."""
    stack = np.stack(frames)
    stack = stack[:, ::-1] if flips[0] else stack
    stack = stack[:, :, ::-1] if flips[1] else stack
    return np.ascontiguousarray(stack.transpose(0, 2, 1, 3) if flips[2] else stack)


def find_fonts(folder: Path | None) -> list[str]:
    return [] if folder is None else sorted(str(f) for f in folder.rglob('*.ttf'))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--photos', type=Path, required=True, help='folder where the packages of photos.tsv were unpacked')
    p.add_argument('--more', type=Path, help='a folder of further photographs')
    p.add_argument('--fonts', type=Path, help='a folder of TrueType fonts, for images with text')
    p.add_argument('--out', type=Path, required=True, help='folder for the shards')
    p.add_argument('--split', choices=['train', 'validation'], default='train')
    p.add_argument('--scale', type=int, default=4, help='output side ÷ source side of the network')
    p.add_argument('--shards', type=int, default=40, help='number of shards')
    p.add_argument('--count', type=int, default=400, help='pairs per shard')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--pause', type=Path, help='while PAUSE or PAUSE-anything exists no shard is started')
    a = p.parse_args()
    photos: list[Photo] = [f for f in read_manifest() if f.split == a.split] + (own_photos(a.more) if a.more else [])
    a.out.mkdir(parents=True, exist_ok=True)
    fonts = find_fonts(a.fonts)
    for number in range(a.shards):
        file = a.out / f'{number:05}.npy'
        if file.exists():
            continue
        while a.pause and any(a.pause.parent.glob(a.pause.name + '*')):
            time.sleep(2)
        rng = np.random.default_rng([a.seed, number])
        # Twelve photographs per shard, because all of them do not fit into memory.
        chosen = rng.choice(len(photos), min(12, len(photos)), replace=False)
        images = [image for i in chosen for image in read_training_sizes(photos[i], a.photos)]
        shard = make_shard(images, a.count, a.scale, rng, fonts)
        part = file.with_suffix('.part')
        with open(part, 'wb') as out:
            np.save(out, shard)
        os.replace(part, file)  # a training never reads an incomplete shard
        print(f'{file.name}: {len(shard)} pairs', flush=True)


if __name__ == '__main__':
    main()
