"""Makes a scene of a photograph: a window that pans over it, so that a video codec has motion to predict."""
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont


def pan(image: np.ndarray, count: int, w: int, h: int, scale: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """The frames, uint8 [count, h, w, 3], and the origin of each in the image (y, x).

    The motion is in whole pixels of the image, so the ground truth is not resampled; at scale 4 that is quarter pixels for the
    codec. A quarter of the scenes do not move, like shots from a tripod."""
    height, width, _ = image.shape
    speed = 0 if rng.random() < 0.25 else rng.gamma(1.5, 0.8 * scale)
    angle = rng.uniform(0, 2 * np.pi)
    path = np.array([np.sin(angle), np.cos(angle)]) * speed * np.arange(count)[:, None]
    path = np.clip(np.round(path), -(min(height - h, width - w)), min(height - h, width - w)).astype(int)
    low, high = -path.min(0), np.array([height - h, width - w]) - path.max(0)
    if (high < low).any():  # the image is too small for this path
        path, low, high = path * 0, np.zeros(2, int), np.array([height - h, width - w])
    start = [rng.integers(a, b + 1) for a, b in zip(low, high)]
    origins = path + start
    return np.stack([image[y:y + h, x:x + w] for y, x in origins]), origins


def draw_text(scene: np.ndarray, fonts: list[str], rng) -> np.ndarray:
    """Titles, subtitles and signs: photographs have little text, videos have much. Returns a copy of the scene."""
    count, h, w, _ = scene.shape
    font = ImageFont.truetype(str(rng.choice(fonts)), int(rng.uniform(h / 18, h / 6)))
    letters = list('abcdefghijklmnopqrstuvwxyz     ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:!?')
    lines = '\n'.join(''.join(rng.choice(letters, 24)) for _ in range(rng.integers(1, 6)))
    light = int(rng.choice([255, 235, 20]))
    colour = (light,) * 3 if rng.random() < 0.7 else tuple(int(c) for c in rng.integers(0, 256, 3))
    outline = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    at = (int(rng.uniform(-w / 10, w / 3)), int(rng.uniform(0, 0.7 * h)))
    frames = []
    for frame in scene:
        page = Image.fromarray(frame)
        ImageDraw.Draw(page).multiline_text(at, lines, colour, font, stroke_width=int(rng.integers(0, 2)) and 2,
                                            stroke_fill=outline)
        frames.append(np.asarray(page))
    return np.stack(frames)


def detail_level(patch: np.ndarray) -> float:
    """Standard deviation of the Laplacian: how much a patch can teach."""
    return float(cv2.Laplacian(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32), cv2.CV_32F).std())
