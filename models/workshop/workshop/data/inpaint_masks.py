"""Random masks for inpainting: scratches along the film, brush strokes, blotches, tape dropouts, boxes, letters."""
import cv2
import numpy as np


def random_masks(count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """bool [count, side, side], never empty and rarely more than a quarter of the image."""
    return np.stack([_random_mask(side, rng) for _ in range(count)])


def _random_mask(side: int, rng) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    shapes = [_scratch, _scratch, _stroke, _blotch, _dropout, _box, _letters]
    for _ in range(rng.integers(1, 5)):
        shapes[rng.integers(len(shapes))](mask, side, rng)
        if mask.mean() > 0.2:
            break
    return mask > 0


def _scratch(mask, side, rng):
    """From top to bottom and nearly straight, as from a grain of dirt in the film gate."""
    x = rng.uniform(0, side)
    points = [(x + rng.normal(0, 1.5) + rng.normal(0, 0.05) * y, y) for y in range(0, side + 16, 16)]
    cv2.polylines(mask, [np.array(points, np.int32)], False, 1, int(rng.integers(1, 9)))


def _stroke(mask, side, rng):
    points = np.cumsum(np.vstack([rng.uniform(0, side, 2), rng.normal(0, side / 8, (rng.integers(1, 6), 2))]), 0)
    cv2.polylines(mask, [points.astype(np.int32)], False, 1, int(rng.integers(1, 11)))


def _blotch(mask, side, rng):
    for _ in range(rng.integers(1, 6)):
        at, axes = rng.uniform(0, side, 2), rng.gamma(2, 4, 2) + 1
        cv2.ellipse(mask, tuple(at.astype(int)), tuple(np.minimum(axes, 28).astype(int)), rng.uniform(0, 180), 0, 360, 1, -1)


def _dropout(mask, side, rng):
    """Lines that a tape player could not read: horizontal, a few lines high, often only part of the line."""
    for _ in range(rng.integers(1, 4)):
        y, height = rng.integers(0, side), int(rng.integers(1, 7))
        left, width = (0, side) if rng.random() < 0.4 else (rng.integers(-side // 2, side), rng.integers(side // 8, side))
        mask[y:y + height, max(0, left):max(0, left + width)] = 1


def _box(mask, side, rng):
    (x, y), (w, h) = rng.integers(0, side, 2), rng.integers(6, 49, 2)
    mask[y:y + h, x:x + w] = 1


def _letters(mask, side, rng):
    text = ''.join(rng.choice(list('ABCDEFGHKLMNRSTXYZ0123456789'), rng.integers(2, 9)))
    at = tuple(int(v) for v in rng.uniform(0, side, 2))
    cv2.putText(mask, text, at, int(rng.integers(0, 5)), rng.uniform(0.5, 1.8), 1, int(rng.integers(1, 6)))
