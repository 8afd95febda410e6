"""Draws images that photographs do not cover: screens, pages, charts, test patterns and cartoons, which have straight edges, flat
colours and text.

python -m workshop.data.synthetic_images --fonts FOLDER --out FOLDER [--count 48] [--images FOLDER]

With --images, also copies of every fourth image of that folder with titles on them.
"""
import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .camera_pan import draw_text
from .make_pairs import find_fonts

W, H, FINE = 1280, 960, 2  # drawn at FINE times the size and reduced, so that edges are anti-aliased


class Canvas:
    """An empty image with a background colour, fonts and a random generator."""

    def __init__(self, rng, fonts):
        self.rng, self.fonts = rng, fonts
        self.dark = rng.random() < 0.5
        self.background = self.shade(self.dark)
        self.image = Image.new('RGB', (W * FINE, H * FINE), self.background)
        self.draw = ImageDraw.Draw(self.image)

    def shade(self, dark: bool):
        base = self.rng.integers(0, 60) if dark else self.rng.integers(190, 256)
        return tuple(int(v) for v in np.clip(base + self.rng.integers(-14, 15, 3), 0, 255))

    def colour(self):
        return tuple(int(v) for v in self.rng.integers(0, 256, 3))

    def ink(self):
        return self.shade(not self.dark) if self.rng.random() < 0.7 else self.colour()

    def box(self, smallest=20, largest=500):
        w, h = self.rng.integers(smallest, largest, 2) * FINE
        x, y = self.rng.integers(-w // 2, W * FINE), self.rng.integers(-h // 2, H * FINE)
        return int(x), int(y), int(x + w), int(y + h)

    def write(self, x, y, size, length, lines=1):
        letters = list('abcdefghijklmnopqrstuvwxyzaeiou      ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?()-+=/&%')
        text = '\n'.join(''.join(self.rng.choice(letters, length)) for _ in range(lines))
        font = ImageFont.truetype(str(self.rng.choice(self.fonts)), int(size * FINE))
        self.draw.multiline_text((int(x), int(y)), text, self.ink(), font, spacing=int(size * FINE * 0.4))


def page(canvas):
    y, size = 30 * FINE, int(canvas.rng.integers(9, 34))
    for _ in range(int(canvas.rng.integers(2, 5))):
        lines = int(canvas.rng.integers(3, 14))
        canvas.write(40 * FINE, y, size, int(W / size * 1.9), lines)
        y += lines * size * FINE * 1.6 + 30 * FINE
        size = int(canvas.rng.integers(9, 34))


def screen(canvas):
    rng = canvas.rng
    for _ in range(int(rng.integers(6, 26))):
        x, y, right, bottom = box = canvas.box()
        fill = canvas.shade(rng.random() < 0.5) if rng.random() < 0.7 else canvas.colour()
        radius = int(rng.choice([0, 0, 4, 10]) * FINE)
        canvas.draw.rounded_rectangle(box, radius, fill, canvas.ink() if rng.random() < 0.5 else None, int(rng.integers(1, 4)) * FINE // 2 or 1)
        for row in range(int(rng.integers(0, 8))):
            canvas.write(x + 8 * FINE, y + (8 + 26 * row) * FINE, int(rng.integers(9, 20)), int(rng.integers(3, 30)))
        if rng.random() < 0.3:
            canvas.draw.ellipse((right - 30 * FINE, y + 6 * FINE, right - 10 * FINE, y + 26 * FINE), canvas.colour())


def chart(canvas):
    rng = canvas.rng
    for i in range(int(rng.integers(4, 20))):
        at = int(rng.integers(0, H * FINE))
        canvas.draw.line((0, at, W * FINE, at), canvas.shade(canvas.dark ^ (i % 2 > 0)), int(rng.integers(1, 3)))
    for _ in range(int(rng.integers(2, 8))):
        xs = np.linspace(0, W * FINE, int(rng.integers(8, 80)))
        ys = H * FINE * (rng.uniform(0.2, 0.8) + np.cumsum(rng.normal(0, 0.03, len(xs))))
        canvas.draw.line(list(zip(xs, ys)), canvas.colour(), int(rng.integers(1, 6)) * FINE // 2 or 1)
    width = int(rng.integers(6, 50)) * FINE
    for x in range(0, W * FINE, 2 * width):
        canvas.draw.rectangle((x, int(rng.integers(H // 2, H) * FINE), x + width, H * FINE), canvas.colour())
    for _ in range(12):
        canvas.write(*(rng.integers(0, [W * FINE, H * FINE])), int(rng.integers(9, 24)), int(rng.integers(2, 12)))


def test_pattern(canvas):
    rng, d = canvas.rng, canvas.draw
    bars = int(rng.integers(4, 12))
    for i in range(bars):
        d.rectangle((i * W * FINE // bars, 0, (i + 1) * W * FINE // bars, H * FINE // 3), canvas.colour())
    for i in range(16):
        d.rectangle((i * W * FINE // 16, H * FINE // 3, (i + 1) * W * FINE // 16, H * FINE // 2), (i * 17,) * 3)
    x = 0
    while x < W * FINE:  # lines that get finer
        gap = max(2, int((W * FINE - x) / 60))
        d.rectangle((x, H * FINE // 2, x + gap, 3 * H * FINE // 4), (255,) * 3 if rng.random() < 0.9 else canvas.colour())
        x += 2 * gap
    for _ in range(int(rng.integers(2, 7))):
        cx, cy, spokes, size = *(rng.integers(0, [W * FINE, H * FINE])), int(rng.integers(8, 60)), int(rng.integers(60, 300)) * FINE
        for i in range(spokes):
            d.pieslice((cx - size, cy - size, cx + size, cy + size), i * 360 / spokes, (i + 0.5) * 360 / spokes, canvas.ink())
        for ring in range(size, 0, -int(rng.integers(6, 24)) * FINE):
            d.ellipse((cx - ring, cy - ring, cx + ring, cy + ring), None, canvas.ink(), int(rng.integers(1, 5)))
    side = int(rng.integers(3, 40)) * FINE
    for i in range(20):
        for j in range(8):
            if (i + j) % 2:
                d.rectangle((i * side, H * FINE - j * side, (i + 1) * side, H * FINE - (j - 1) * side), canvas.ink() if rng.random() < 0.05 else (0,) * 3)


def cartoon(canvas):
    rng = canvas.rng
    outline = canvas.shade(not canvas.dark)
    for _ in range(int(rng.integers(10, 40))):
        (x, y), size = rng.integers(0, [W * FINE, H * FINE]), rng.uniform(20, 320) * FINE
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 12))))
        radii = size * rng.uniform(0.5, 1, len(angles))
        if rng.random() < 0.6:  # a smooth outline through the corners
            turn = np.linspace(0, 2 * np.pi, 90)
            radii, angles = np.interp(turn, angles, radii, period=2 * np.pi), turn
            radii = np.convolve(np.tile(radii, 3), np.ones(9) / 9, 'same')[90:180]
        points = [(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(angles, radii)]
        canvas.draw.polygon(points, canvas.colour())
        if rng.random() < 0.7:
            canvas.draw.line([*points, points[0]], outline, int(rng.integers(1, 9)), 'curve')


KINDS = [page, screen, screen, chart, test_pattern, cartoon]


def draw_image(kind, rng, fonts: list[str]) -> np.ndarray:
    canvas = Canvas(rng, fonts)
    kind(canvas)
    return np.asarray(canvas.image.reduce(FINE))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--fonts', type=Path, required=True, help='a folder of TrueType fonts')
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--count', type=int, default=48, help='images to draw')
    p.add_argument('--images', type=Path, help='a folder of images, every fourth of which is copied with titles on it')
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    fonts = find_fonts(a.fonts)
    photos = sorted(a.images.iterdir())[::4] if a.images else []  # listed first, because --images and --out may be the same folder
    for number in range(a.count):
        rng = np.random.default_rng([a.seed, number])
        Image.fromarray(draw_image(KINDS[number % len(KINDS)], rng, fonts)).save(a.out / f'drawn-{number:03}.png')
    for number, file in enumerate(photos):
        photo = np.asarray(Image.open(file).convert('RGB').reduce(2))[None]
        for layer in range(3):
            photo = draw_text(photo, fonts, np.random.default_rng([a.seed, number, layer]))
        Image.fromarray(photo[0]).save(a.out / f'titles-{number:03}.webp', quality=92)


if __name__ == '__main__':
    main()
