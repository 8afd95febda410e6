"""Makes training pairs for the upscaling and restoring networks: soft ground truths, and sources degraded as cameras, scalers, JPEG and video codecs do.

PYTHONPATH=models/workshop python make_pairs.py --photos UNPACKED --drawn DRAWN --fonts FONTS --out SHARDS [--scale 4] [--halo]

UNPACKED holds the files of the column `file` of photos.tsv, DRAWN the PNG files of workshop.data.synthetic_images. A shard
depends on (seed, number), the scale and the list of photographs only; shards that exist are left alone. A record is hr u1 [1, 192,
192, 3], lr u1 [1, 192 / scale, 192 / scale, 3], video (whether a codec was used).
"""
import argparse
import csv
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workshop.data.camera_pan import detail_level, pan
from workshop.data.degrade import SCALERS, defocus_kernel, film_grain, gaussian_kernel, jpeg, sensor_noise
from workshop.data.make_pairs import find_fonts
from workshop.data.video_codec import encode_and_decode

cv2.setNumThreads(1)
Image.MAX_IMAGE_PIXELS = None

PATCH = 192
SMALLEST = 388  # side of a reduced image
PAIRS_OF_SCENE = {'clean': 2, 'noisy': 2, 'video': 5}
# The widest blur before reduction, in pixels of the ground truth, and the share of blurred scenes. A source that is hardly reduced is
# seldom blurred: blurring it often would teach the network to sharpen what codecs have softened.
BLUR = {4: (7.0, 0.9), 2: (3.5, 0.8), 1: (1.6, 0.3)}
LETTERS = list('abcdefghijklmnopqrstuvwxyz      ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:!?')


@dataclass(frozen=True)
class Shares:
    """How often a source is sharpened by its camera, how often strongly, how widely; how often it rings and has text; how soft its
    ground truth is (sigma); how often it is blurred, by default as BLUR says; how often a part of its ground truth is out of focus, and
    how often a flat place is taken that comes up. Small exponents: strong codecs."""
    sharpened: float
    strong: float
    widest: float
    ringing: float
    text: float
    softness: tuple[float, float] = (0.5, 1.1)
    blurred: float | None = None
    defocused: float = 0
    flat: float = 0.1
    weak: float = 1.5  # exponent of the strength of a codec, a random number from 0 to 1


USUAL = Shares(sharpened=0.55, strong=0.15, widest=1.6, ringing=0.15, text=0.12)
HALO = Shares(sharpened=0.75, strong=0.35, widest=2.2, ringing=0.20, text=0.20)
# Films that were made smaller for the web: sharp, hardly blurred, and compressed.
FILM = Shares(sharpened=0.20, strong=0.10, widest=1.6, ringing=0.10, text=0.15, softness=(0.1, 0.6), blurred=0.1)
# The same with what is out of focus and stays so: blocks and noise of codecs are no detail there.
SOFT = replace(FILM, defocused=0.8, flat=0.7)


@dataclass(frozen=True)
class Degradation:
    """What happens to all frames of a scene; `seed` makes its random parts the same in every frame."""
    blur: np.ndarray | None
    scaler: int
    sharpened: bool
    strong: bool
    ringing: bool
    noise: float
    grain: bool
    seed: int


def reduced_image(file: Path, is_drawn: bool, rng) -> np.ndarray:
    """Reduced until grain and the softness of the camera are mostly gone, to another size each time."""
    image = Image.open(file)
    short = min(image.size)
    if is_drawn:
        factor = rng.uniform(0.5, 1)
    elif short >= 1400:
        factor = np.exp(rng.uniform(np.log(max(0.22, 620 / short)), np.log(min(0.75, 1700 / short))))
    elif short >= 600:
        factor = rng.uniform(max(0.55, 420 / short), 0.85)
    else:
        factor = rng.uniform(0.85, 1)
    factor = max(factor, SMALLEST / short)
    size = tuple(max(SMALLEST, round(side * factor)) for side in image.size)
    resampling = Image.LANCZOS if rng.random() < 0.5 else Image.BOX if factor < 0.4 else Image.BICUBIC
    image.draft('RGB', size)  # a JPEG is decoded at a half or a quarter where that is enough
    return np.asarray(image.convert('RGB').resize(size, resampling))


def with_text(scene: np.ndarray, fonts: list[str], rng) -> np.ndarray:
    """Titles and signs. One in eight has an outline, not more: drawn outlines would teach that halos are real."""
    _, h, w, _ = scene.shape
    font = ImageFont.truetype(str(rng.choice(fonts)), int(rng.uniform(14, 90)))
    text = '\n'.join(''.join(rng.choice(LETTERS, 24)) for _ in range(rng.integers(1, 8)))
    dark = rng.random() < 0.5
    base = int(rng.integers(0, 60)) if dark else int(rng.integers(190, 256))
    if rng.random() < 0.7:
        ink = tuple(int(np.clip(base + shift, 0, 255)) for shift in rng.integers(-14, 15, 3))
    else:
        ink = tuple(int(c) for c in rng.integers(0, 256, 3))
    at = (int(rng.uniform(-w / 10, w / 3)), int(rng.uniform(0, 0.7 * h)))
    has_plate = rng.random() < 0.5
    outline = 2 if rng.random() < 0.125 else 0
    plate = tuple(int(c) for c in (rng.integers(190, 256, 3) if dark else rng.integers(0, 60, 3)))
    frames = []
    for frame in scene:
        page = Image.fromarray(frame)
        draw = ImageDraw.Draw(page)
        if has_plate:
            left, top, right, bottom = draw.multiline_textbbox(at, text, font)
            draw.rectangle((left - 6, top - 6, right + 6, bottom + 6), plate)
        draw.multiline_text(at, text, ink, font, stroke_width=outline, stroke_fill=plate)
        frames.append(np.asarray(page))
    return np.stack(frames)


def sharpened(image, rng, strong: bool, widest: float):
    """Unsharp masking, as cameras apply it."""
    sigma = rng.uniform(0.5, widest)
    amount = rng.uniform(0.8, 2.0) if strong else rng.uniform(0.2, 1.1)
    return image + amount * (image - cv2.GaussianBlur(image, (0, 0), sigma))


def with_ringing(image, rng):
    """The ringing of a scaler: down and up again with sharp filters, or a hard limit in frequency."""
    h, w, _ = image.shape
    if rng.random() < 0.6:
        factor = rng.uniform(0.6, 0.95)
        size = (max(8, round(w * factor)), max(8, round(h * factor)))
        smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_CUBIC)
        return cv2.resize(smaller, (w, h), interpolation=cv2.INTER_LANCZOS4 if rng.random() < 0.6 else cv2.INTER_CUBIC)
    limit = rng.uniform(0.28, 0.48)
    fy, fx = np.abs(np.fft.fftfreq(h))[:, None], np.abs(np.fft.rfftfreq(w))
    kept = ((fy <= limit) & (fx <= limit)) if rng.random() < 0.5 else (fy ** 2 + fx ** 2 <= limit * limit)
    spectrum = np.fft.rfft2(image, axes=(0, 1)) * kept[..., None]
    return np.fft.irfft2(spectrum, s=(h, w), axes=(0, 1)).astype(np.float32)


def record(scale: int) -> np.dtype:
    return np.dtype([('hr', 'u1', (1, PATCH, PATCH, 3)), ('lr', 'u1', (1, PATCH // scale, PATCH // scale, 3)), ('video', '?')])


def draw_degradation(kind: str, scale: int, shares: Shares, rng) -> Degradation:
    choice = rng.random()
    widest, blurred = BLUR[scale]
    if shares.blurred is not None:
        blurred = shares.blurred
    defocused = 0.97 if scale == 4 and shares.blurred is None else blurred
    blur = gaussian_kernel(rng, widest) if choice < blurred else defocus_kernel(rng, 6.0) if choice < defocused else None
    scaler = SCALERS[rng.choice(4, p=[0.4, 0.15, 0.35, 0.1])]
    is_sharpened, strong, ringing = (rng.random() < share for share in (shares.sharpened, shares.strong, shares.ringing))
    noise = 0 if kind == 'clean' and rng.random() < 0.5 else 5 if rng.random() < 0.6 else 12
    if kind == 'clean':
        noise = min(noise, 5)
    if kind == 'video':
        noise = 0 if rng.random() < 0.6 else noise * 0.7
    grain = kind != 'clean' and rng.random() < 0.05
    return Degradation(blur, scaler, is_sharpened, strong, ringing, noise, grain, int(rng.integers(2 ** 31)))


def degraded_frame(frame: np.ndarray, number: int, scale: int, how: Degradation, widest: float) -> np.ndarray:
    """The source of one frame before compression, uint8."""
    h, w, _ = frame.shape
    x = frame.astype(np.float32) / 255
    if how.blur is not None:
        x = cv2.filter2D(x, -1, how.blur, borderType=cv2.BORDER_REFLECT)
    if scale > 1:
        x = cv2.resize(x, (w // scale, h // scale), interpolation=how.scaler)
    same = np.random.default_rng(how.seed)
    if how.ringing:
        x = with_ringing(x, same)
    if how.sharpened:
        x = sharpened(x, same, how.strong, widest)
    if how.noise:
        x = sensor_noise(x, np.random.default_rng([how.seed, number]), how.noise / 255)
    if how.grain:
        x = film_grain(x, np.random.default_rng([how.seed, number]))
    return to_bytes(x)


def compressed(frames: list[np.ndarray], kind: str, weak: float, rng) -> tuple[np.ndarray, int]:
    """The frames after JPEG or a video codec, and the number of the frame to cut patches from."""
    if kind == 'video':
        codec = str(rng.choice(['h264', 'h265', 'mpeg2', 'mpeg4'], p=[0.55, 0.15, 0.2, 0.1]))
        decoded = encode_and_decode(np.stack(frames), codec, float(rng.random() ** weak), rng)
        return decoded, int(rng.integers(1, len(decoded)))
    share, lowest = (0.75, 35) if kind == 'noisy' else (0.4, 70)
    frame = frames[0]
    if rng.random() < share:
        frame = to_bytes(jpeg(frame.astype(np.float32) / 255, int(rng.uniform(lowest, 98))))
    return frame[None], 0


def partly_defocused(frames: list[np.ndarray], rng) -> list[np.ndarray]:
    """With a background out of focus: the same in every frame, with a smooth border."""
    h, w, _ = frames[0].shape
    field = cv2.resize(rng.random((4, 4)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    share = np.clip((field - rng.uniform(0.2, 0.6)) * 6, 0, 1)[..., None]
    sigma = rng.uniform(2, 9)
    return [(frame + share * (cv2.GaussianBlur(frame, (0, 0), sigma).astype(np.float32) - frame) + 0.5).astype(np.uint8) for frame in frames]


def cut_pairs(frame, truth, source, kind: str, scale: int, flat: float, rng) -> list[tuple]:
    """Pairs of patches; of flat places, judged on the frame before it was softened, only the share `flat`."""
    h, w, _ = frame.shape
    pairs = []
    for _ in range(40):
        if len(pairs) == PAIRS_OF_SCENE[kind]:
            break
        y, x = rng.integers((h - PATCH) // scale + 1), rng.integers((w - PATCH) // scale + 1)
        large = slice(scale * y, scale * y + PATCH), slice(scale * x, scale * x + PATCH)
        if detail_level(frame[large]) < 6 and rng.random() > flat:
            continue
        hr, lr = truth[large], source[y:y + PATCH // scale, x:x + PATCH // scale]
        for axis in (0, 1):
            if rng.random() < 0.5:
                hr, lr = np.flip(hr, axis), np.flip(lr, axis)
        if rng.random() < 0.5:
            hr, lr = hr.transpose(1, 0, 2), lr.transpose(1, 0, 2)
        pairs.append((hr[None], lr[None], kind == 'video'))
    return pairs


def pairs_of_scene(image: np.ndarray, kind: str, scale: int, shares: Shares, fonts: list[str], rng) -> list[tuple]:
    h, w, _ = image.shape
    if kind == 'video':
        width, height, count = min(832, w // 16 * 16), min(576, h // 16 * 16), 6
    else:
        width, height, count = min(448, w // 4 * 4), min(448, h // 4 * 4), 1
    frames, _ = pan(image, count, width, height, scale, rng)
    if rng.random() < shares.text:
        frames = with_text(frames, fonts, rng)
    if rng.random() < shares.defocused:
        frames = partly_defocused(frames, rng)
    softness = rng.uniform(*shares.softness)
    softened = [cv2.GaussianBlur(frame.astype(np.float32), (0, 0), softness) for frame in frames]
    truths = [(frame + 0.5).clip(0, 255).astype(np.uint8) for frame in softened]
    how = draw_degradation(kind, scale, shares, rng)
    sources = [degraded_frame(truth, number, scale, how, shares.widest) for number, truth in enumerate(truths)]
    sources, at = compressed(sources, kind, shares.weak, rng)
    return cut_pairs(frames[at], truths[at], sources[at], kind, scale, shares.flat, rng)


def to_bytes(image) -> np.ndarray:
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


class Images:
    """The photographs of a list, large ones drawn more often, and drawn pages."""

    def __init__(self, table: Path, photos: Path, drawn: Path):
        with open(table, newline='') as lines:
            rows = list(csv.DictReader(lines, delimiter='\t'))
        shortest = np.array([min(map(int, row['size'].split('x'))) for row in rows])
        weight = np.where(shortest >= 1400, 1.5, np.where(shortest >= 600, 1.0, 0.5))
        self.photos, self.weight = [photos / row['file'] for row in rows], weight / weight.sum()
        self.pages = sorted(drawn.glob('*.png'))

    def draw(self, rng) -> list[np.ndarray]:
        """20 photographs and 2 pages: more do not fit into memory."""
        chosen = rng.choice(len(self.photos), 20, replace=False, p=self.weight)
        images = [reduced_image(self.photos[i], False, rng) for i in chosen]
        pages = rng.choice(len(self.pages), 2, replace=False)
        return images + [reduced_image(self.pages[i], True, rng) for i in pages]


def make_shard(images, count: int, mix: dict[str, float], scale: int, shares: Shares, fonts: list[str], rng, pause=None) -> np.ndarray:
    """mix: the share of the pairs, not of the scenes, of every kind."""
    chance = np.array([share / PAIRS_OF_SCENE[kind] for kind, share in mix.items()])
    chance /= chance.sum()
    pairs = []
    while len(pairs) < count:
        while pause and pause.exists():
            time.sleep(5)
        image = images[rng.integers(len(images))]
        pairs += pairs_of_scene(image, str(rng.choice(list(mix), p=chance)), scale, shares, fonts, rng)
    return np.array(pairs, record(scale))[rng.permutation(len(pairs))[:count]]


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--photos', type=Path, required=True, help='folder with the files of the table')
    p.add_argument('--table', type=Path, default=Path(__file__).with_name('photos.tsv'), help='list of photographs')
    p.add_argument('--drawn', type=Path, required=True, help='folder of drawn pages (PNG)')
    p.add_argument('--fonts', type=Path, required=True, help='folder of TrueType fonts')
    p.add_argument('--out', type=Path, required=True, help='folder for the shards')
    p.add_argument('--shards', type=int, default=12)
    p.add_argument('--count', type=int, default=400, help='pairs per shard')
    p.add_argument('--scale', type=int, default=4, choices=BLUR)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--mix', default='clean=.4,noisy=.25,video=.35', help='shares of the pairs')
    p.add_argument('--halo', action='store_true', help='more and wider sharpening in the sources, more ringing and text')
    p.add_argument('--film', action='store_true', help='films that were made smaller for the web, without the blur of cameras')
    p.add_argument('--soft', action='store_true', help='films, of which parts are out of focus and flat')
    p.add_argument('--hard', action='store_true', help='with strong codecs')
    p.add_argument('--pause', type=Path, help='no pair is made while this file exists')
    return p.parse_args()


def main():
    a = parse_arguments()
    a.out.mkdir(parents=True, exist_ok=True)
    mix = {kind: float(share) for kind, share in (part.split('=') for part in a.mix.split(','))}
    shares = SOFT if a.soft else FILM if a.film else HALO if a.halo else USUAL
    if a.hard:
        shares = replace(shares, weak=0.5)
    images, fonts = Images(a.table, a.photos, a.drawn), find_fonts(a.fonts)
    for number in range(a.shards):
        file = a.out / f'{number:05}.npy'
        if file.exists():
            continue
        rng, began = np.random.default_rng([a.seed, number]), time.time()
        shard = make_shard(images.draw(rng), a.count, mix, a.scale, shares, fonts, rng, a.pause)
        part = file.with_suffix('.part')
        with open(part, 'wb') as out:
            np.save(out, shard)
        os.replace(part, file)  # a training never reads an incomplete shard
        print(f'{file.name}: {len(shard)} pairs, {shard["video"].mean():.2f} video, {time.time() - began:.0f} s', flush=True)


if __name__ == '__main__':
    main()
