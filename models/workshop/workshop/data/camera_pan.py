"""A photograph becomes a scene: a window that pans over it, so that a video codec has motion to predict."""
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont


def pan(picture: np.ndarray, count: int, w: int, h: int, scale: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [count, h, w, 3], and where in the picture each of them begins (y, x). Whole full-size pixels per frame: with a factor of 4 that is quarter pixels for the
    codec, and the truth stays untouched. A quarter of the scenes stand still, as many tripod shots do."""
    height, width, _ = picture.shape
    speed = 0 if rng.random() < 0.25 else rng.gamma(1.5, 0.8 * scale)
    angle = rng.uniform(0, 2 * np.pi)
    way = np.array([np.sin(angle), np.cos(angle)]) * speed * np.arange(count)[:, None]
    way = np.clip(np.round(way), -(min(height - h, width - w)), min(height - h, width - w)).astype(int)
    low, high = -way.min(0), np.array([height - h, width - w]) - way.max(0)
    if (high < low).any():  # the picture is too small for this way
        way, low, high = way * 0, np.zeros(2, int), np.array([height - h, width - w])
    start = [rng.integers(a, b + 1) for a, b in zip(low, high)]
    way = way + start
    return np.stack([picture[y:y + h, x:x + w] for y, x in way]), way


def with_text(scene: np.ndarray, fonts: list[str], rng) -> np.ndarray:
    """Titles, subtitles and signs: photographs have little text, films much. `scene` is not changed."""
    count, h, w, _ = scene.shape
    font = ImageFont.truetype(str(rng.choice(fonts)), int(rng.uniform(h / 18, h / 6)))
    letters = list('abcdefghijklmnopqrstuvwxyz     ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:!?')
    lines = '\n'.join(''.join(rng.choice(letters, 24)) for _ in range(rng.integers(1, 6)))
    light = int(rng.choice([255, 235, 20]))
    colour = (light,) * 3 if rng.random() < 0.7 else tuple(int(c) for c in rng.integers(0, 256, 3))
    rim = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    at = (int(rng.uniform(-w / 10, w / 3)), int(rng.uniform(0, 0.7 * h)))
    written = []
    for frame in scene:
        page = Image.fromarray(frame)
        ImageDraw.Draw(page).multiline_text(at, lines, colour, font, stroke_width=int(rng.integers(0, 2)) and 2,
                                            stroke_fill=rim)
        written.append(np.asarray(page))
    return np.stack(written)


def liveliness(patch: np.ndarray) -> float:
    """How much there is to learn from a patch."""
    return float(cv2.Laplacian(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32), cv2.CV_32F).std())
