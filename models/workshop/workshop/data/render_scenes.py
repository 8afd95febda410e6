"""Renders degraded scenes from a folder of images, continuously, for a training that reads them while it runs (`scene_dataset.py`).

python -m workshop.data.render_scenes --images FOLDER --out SCENES [--scale 4] [--seed N] [--chunks N]

A scene is a short shot of a window that pans over an image, degraded by `degrade.py`. Only the degraded frames are stored; the ground
truth is cut from the image at the stored origins. Run one process per core, each with its own seed; the same seed renders the
same scenes.
"""
import argparse
import os
from pathlib import Path

import numpy as np
from PIL import Image

from .camera_pan import pan
from .degrade import degrade

FRAMES = 5
WINDOW = {4: (128, 192), 2: (128, 192), 1: (256, 384)}  # scale → height and width of the degraded frames
SCENES_PER_CHUNK = 16


def load_images(folder: Path) -> list[np.ndarray]:
    """All images, and the large ones a second time at half their size, because cameras are soft at full size."""
    images = []
    for file in sorted(f for f in folder.iterdir() if f.suffix in {'.png', '.webp', '.jpg', '.jpeg', '.tif', '.tiff'}):
        image = Image.open(file).convert('RGB')
        images.append(np.array(image))
        if min(image.size) >= 1040:
            images.append(np.array(image.reduce(2)))
    return images


def scene_dtype(scale: int) -> np.dtype:
    """image: index in `load_images`. tone: gain and offset of each frame's ground truth, per channel, of 255. origin: of each
    frame's ground truth in the image (y, x). lr: the degraded frames."""
    return np.dtype([('image', 'i4'), ('tone', 'f4', (FRAMES, 2, 3)), ('origin', 'i4', (FRAMES, 2)), ('lr', 'u1', (FRAMES, *WINDOW[scale], 3))])


def render_scene(images: list[np.ndarray], scale: int, rng) -> np.ndarray | None:
    """One scene (`scene_dtype`), or None if the image that was drawn is smaller than a window.

    Darkness, faded colours, flicker and gate weave are in the ground truth as well: a single frame does not show what it was
    before, so the network is not trained to undo them, only to work in spite of them."""
    number = int(rng.integers(len(images)))
    height, width = (side * scale for side in WINDOW[scale])
    image = images[number]
    if image.shape[0] < height or image.shape[1] < width:
        return None
    scene = np.zeros((), scene_dtype(scale))
    scene['image'] = number
    if rng.random() < 0.6:  # a video: the codec treats every frame differently
        is_old_film = rng.random() < 0.2
        _, origin = pan(image, 2 * FRAMES, width, height, scale, rng)
        if is_old_film:
            weave = np.round(rng.normal(0, 0.5 * scale, origin.shape)).astype(int)
            origin = np.clip(origin + weave, 0, np.array(image.shape[:2]) - (height, width))
        tone = old_film_tone(2 * FRAMES, rng) if is_old_film else exposure_tone(2 * FRAMES, rng)
        degraded, description = degrade(apply_tone(crop(image, origin, width, height), tone), scale, rng)
        scene['lr'], scene['origin'], scene['tone'] = degraded[::1 if 'interlaced' in description else 2], origin[::2], tone[::2]
    else:  # stills, each with a degradation of its own
        tone = exposure_tone(FRAMES, rng)
        scene['tone'] = tone
        for i in range(FRAMES):
            frames, origin = pan(image, 1, width, height, scale, rng)
            scene['lr'][i], scene['origin'][i] = degrade(apply_tone(frames, tone[i:i + 1]), scale, rng)[0][0], origin[0]
    return scene


def crop(image: np.ndarray, origin: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.stack([image[y:y + height, x:x + width] for y, x in origin])


def exposure_tone(count: int, rng) -> np.ndarray:
    """Normal exposure, or in 12 % of the scenes a dark one."""
    tone = np.zeros((count, 2, 3), np.float32)
    tone[:, 0] = rng.uniform(0.08, 0.6) if rng.random() < 0.12 else 1
    return tone


def old_film_tone(count: int, rng) -> np.ndarray:
    """Dyes that have faded by different amounts, raised blacks, and a flickering lamp."""
    gain, offset = rng.uniform(0.55, 1, 3), rng.uniform(0, 38, 3)
    lamp = rng.normal(1, rng.uniform(0, 0.05), (count, 1))
    return np.stack([gain * lamp, offset * np.ones((count, 1))], 1).astype(np.float32)


def apply_tone(frames: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """frames: uint8 [t, h, w, 3]; tone: [t, 2, 3]."""
    if (tone[:, 0] == 1).all() and (tone[:, 1] == 0).all():
        return frames
    return np.clip(frames * tone[:, 0, None, None] + tone[:, 1, None, None] + 0.5, 0, 255).astype(np.uint8)


def render_chunk(images: list[np.ndarray], scale: int, rng) -> np.ndarray:
    scenes = []
    while len(scenes) < SCENES_PER_CHUNK:
        scene = render_scene(images, scale, rng)
        scenes += [] if scene is None else [scene]
    return np.array(scenes)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--images', type=Path, required=True, help='folder of images, from copy_images and synthetic_images')
    p.add_argument('--out', type=Path, required=True, help='folder for the chunks of scenes')
    p.add_argument('--scale', type=int, default=4, choices=sorted(WINDOW), help='output side ÷ source side of the network')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--chunks', type=int, default=10 ** 9, help='stop after this many')
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    images = load_images(a.images)
    for number in range(a.chunks):
        chunk = render_chunk(images, a.scale, np.random.default_rng([a.seed, number]))
        file = a.out / f'{number:06}-{a.seed:03}.npy'
        part = file.with_suffix('.part')
        with open(part, 'wb') as out:
            np.save(out, chunk)
        os.replace(part, file)  # a training never reads an incomplete chunk


if __name__ == '__main__':
    main()
