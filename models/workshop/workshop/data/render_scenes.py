"""python -m workshop.data.render_scenes --pictures FOLDER --out SCENES [--scale 4] [--seed N] [--chunks N]

Films a folder of pictures without end: short scenes of windows that pan, degraded as `degrade.py` does, for a trainer that takes
them while it runs (`scene_dataset.py`). Only what is left of a scene is kept; the truth is in the pictures, and a scene says where. One
process per core, each with a seed of its own; the same seed films the same scenes.
"""
import argparse
import os
from pathlib import Path

import numpy as np
from PIL import Image

from .camera_pan import pan
from .degrade import degrade

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
    """`way`: where in the picture each frame of the truth begins (y, x). `tone`: what each frame of it was multiplied by and what was
    then added, per channel, of 255."""
    return np.dtype([('picture', 'i4'), ('tone', 'f4', (FRAMES, 2, 3)), ('way', 'i4', (FRAMES, 2)), ('lr', 'u1', (FRAMES, *WINDOW[scale], 3))])


def filmed(pictures: list[np.ndarray], scale: int, rng) -> np.ndarray | None:
    """One scene (`record`), or None where the picture that was drawn is smaller than a window.

    Darkness, faded colours, flicker and the weave of the gate are in the truth, too: one frame does not say what they were without, so
    they are not the network's to undo, only not to be disturbed by."""
    number = int(rng.integers(len(pictures)))
    height, width = (side * scale for side in WINDOW[scale])
    picture = pictures[number]
    if picture.shape[0] < height or picture.shape[1] < width:
        return None
    scene = np.zeros((), record(scale))
    scene['picture'] = number
    if rng.random() < 0.6:  # a film: what the codec makes of it is different in every frame
        old = rng.random() < 0.2
        _, way = pan(picture, 2 * FRAMES, width, height, scale, rng)
        if old:
            weave = np.round(rng.normal(0, 0.5 * scale, way.shape)).astype(int)
            way = np.clip(way + weave, 0, np.array(picture.shape[:2]) - (height, width))
        tone = faded(2 * FRAMES, rng) if old else lit(2 * FRAMES, rng)
        left, words = degrade(toned(cut(picture, way, width, height), tone), scale, rng)
        scene['lr'], scene['way'], scene['tone'] = left[::1 if 'interlaced' in words else 2], way[::2], tone[::2]
    else:  # stills, each with a damage of its own
        tone = lit(FRAMES, rng)
        scene['tone'] = tone
        for i in range(FRAMES):
            frames, way = pan(picture, 1, width, height, scale, rng)
            scene['lr'][i], scene['way'][i] = degrade(toned(frames, tone[i:i + 1]), scale, rng)[0][0], way[0]
    return scene


def cut(picture: np.ndarray, way: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.stack([picture[y:y + height, x:x + width] for y, x in way])


def lit(count: int, rng) -> np.ndarray:
    """Tones of frames as they are, or of a film in the dark."""
    tone = np.zeros((count, 2, 3), np.float32)
    tone[:, 0] = rng.uniform(0.08, 0.6) if rng.random() < 0.12 else 1
    return tone


def faded(count: int, rng) -> np.ndarray:
    """Tones of an old film: each dye has faded as it would, black is no longer black, and the light of the lamp flickers."""
    gain, lift = rng.uniform(0.55, 1, 3), rng.uniform(0, 38, 3)
    lamp = rng.normal(1, rng.uniform(0, 0.05), (count, 1))
    return np.stack([gain * lamp, lift * np.ones((count, 1))], 1).astype(np.float32)


def toned(frames: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """uint8 frames [t, h, w, 3] and tones [t, 2, 3]."""
    if (tone[:, 0] == 1).all() and (tone[:, 1] == 0).all():
        return frames
    return np.clip(frames * tone[:, 0, None, None] + tone[:, 1, None, None] + 0.5, 0, 255).astype(np.uint8)


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
