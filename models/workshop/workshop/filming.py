"""python -m workshop.filming --pictures FOLDER --out SCENES [--scale 4] [--seed N] [--chunks N]

Films a folder of pictures without end: short scenes of windows that pan, degraded as `degrade.py` does, for a trainer that takes
them while it runs (`scenes.py`). Only what is left of a scene is kept; the truth is in the pictures, and a scene says where. One
process per core, each with a seed of its own; the same seed films the same scenes.
"""
import argparse
import os
from pathlib import Path

import numpy as np
from PIL import Image

from .degrade import degrade
from .scene import pan

FRAMES = 5
WINDOW = {4: (128, 192), 2: (128, 192), 1: (256, 384)}  # height and width of what is left, in pixels
IN_CHUNK = 16


def stock(folder: Path) -> list[np.ndarray]:
    """Every picture, and a second time at half its size where that is still large enough: cameras are soft at full size."""
    found = []
    for file in sorted(f for f in folder.iterdir() if f.suffix in {'.png', '.webp', '.jpg', '.jpeg', '.tif', '.tiff'}):
        picture = Image.open(file).convert('RGB')
        found.append(np.array(picture))
        if min(picture.size) >= 1040:
            found.append(np.array(picture.reduce(2)))
    return found


def record(scale: int) -> np.dtype:
    """`way`: where in the picture each frame of the truth begins (y, x); `light`: what the picture was multiplied by first."""
    return np.dtype([('picture', 'i4'), ('light', 'f4'), ('way', 'i4', (FRAMES, 2)), ('lr', 'u1', (FRAMES, *WINDOW[scale], 3))])


def filmed(pictures: list[np.ndarray], scale: int, rng) -> np.ndarray | None:
    """One scene (`record`), or None where the picture that was drawn is smaller than a window."""
    number = int(rng.integers(len(pictures)))
    height, width = (side * scale for side in WINDOW[scale])
    picture = pictures[number]
    if picture.shape[0] < height or picture.shape[1] < width:
        return None
    light = float(np.float32(rng.uniform(0.08, 0.6))) if rng.random() < 0.12 else 1.0  # films in the dark
    scene = np.zeros((), record(scale))
    scene['picture'], scene['light'] = number, light
    if rng.random() < 0.6:  # a film: what the codec makes of it is different in every frame
        frames, way = pan(picture, 2 * FRAMES, width, height, scale, rng)
        left, words = degrade(lit(frames, light), scale, rng)
        scene['lr'], scene['way'] = left[::1 if 'interlaced' in words else 2], way[::2]
    else:  # stills, each with a damage of its own
        for i in range(FRAMES):
            frames, way = pan(picture, 1, width, height, scale, rng)
            scene['lr'][i], scene['way'][i] = degrade(lit(frames, light), scale, rng)[0][0], way[0]
    return scene


def lit(frames: np.ndarray, light: float) -> np.ndarray:
    return frames if light == 1 else (frames * np.float32(light) + 0.5).astype(np.uint8)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--pictures', type=Path, required=True)
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--scale', type=int, default=4, choices=sorted(WINDOW))
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--chunks', type=int, default=10 ** 9)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    pictures = stock(a.pictures)
    for number in range(a.chunks):
        rng = np.random.default_rng([a.seed, number])
        scenes = []
        while len(scenes) < IN_CHUNK:
            scene = filmed(pictures, a.scale, rng)
            scenes += [] if scene is None else [scene]
        file = a.out / f'{number:06}-{a.seed:03}.npy'
        part = file.with_suffix('.part')
        with open(part, 'wb') as out:
            np.save(out, np.array(scenes))
        os.replace(part, file)  # a trainer never sees half a chunk


if __name__ == '__main__':
    main()
