"""What happened to a picture before it reached the user: blur, resampling, noise, JPEG, a video codec, often twice.

What is not in here the model never learns. All functions take and give float32 RGB in 0 … 1, [h, w, 3]; a scene is
[t, h, w, 3]. All randomness comes from the given generator.
"""
import cv2
import numpy as np

from .video_codec import through_codec

cv2.setNumThreads(1)

# Which share of the scenes is blurred, by factor. A network that has seen more than there is sharpens what was never sharp.
BLURRED = {4: 0.7, 2: 0.35, 1: 0.15}
SIZES = [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]


def gaussian_kernel(rng, widest: float) -> np.ndarray:
    """Isotropic or anisotropic: lenses, scaling filters, bad focus."""
    across = rng.uniform(0.3, widest)
    along = across if rng.random() < 0.6 else rng.uniform(0.3, widest)
    angle = rng.uniform(0, np.pi)
    u, v = _turned(2 * int(np.ceil(2.5 * max(across, along))) + 1, angle)
    return _one(np.exp(-0.5 * ((u / across) ** 2 + (v / along) ** 2)))


def defocus_kernel(rng, widest: float) -> np.ndarray:
    """A disc with a soft rim: what is out of focus."""
    radius = rng.uniform(0.8, widest)
    u, v = _turned(2 * int(np.ceil(radius + 1)) + 1, 0)
    return _one(np.clip(radius + 0.5 - np.hypot(u, v), 0, 1))


def motion_kernel(rng, longest: float) -> np.ndarray:
    """A straight smear: the camera moved while the shutter was open."""
    length = rng.uniform(2, longest)
    u, v = _turned(2 * int(np.ceil(length / 2 + 1)) + 1, rng.uniform(0, np.pi))
    return _one(np.clip(length / 2 + 0.5 - np.abs(u), 0, 1) * np.clip(1.2 - np.abs(v), 0, 1))


def blur_kernel(rng, scale: int) -> np.ndarray:
    """Widths are in pixels of the full-size picture, so they grow with the factor; where the size stays it is the lens and
    the copy that blur, as much as halving would."""
    scale = max(2, scale)
    kind = rng.random()
    if kind < 0.72:
        return gaussian_kernel(rng, 0.65 * scale)
    if kind < 0.86:
        return defocus_kernel(rng, 0.75 * scale)
    return motion_kernel(rng, 2.5 * scale)


def sharpen(picture, rng):
    """The halo of an unsharp mask: cameras and broadcasters did this to be kind. The model must not learn to add it,
    so only the degraded side gets it."""
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 1.5))
    return picture + rng.uniform(0.2, 1.0) * (picture - soft)


def sensor_noise(picture, rng, strongest: float = 12 / 255):
    """Poisson–Gaussian: a part that grows with the root of the light and a part that does not. Grey, coloured, or
    blotchy in colour as after a camera's demosaicing."""
    read = rng.uniform(0.3 / 255, strongest) * rng.random()
    shot = rng.uniform(0, 0.035) * rng.random()
    deviation = np.sqrt(read ** 2 + shot ** 2 * np.clip(picture, 0, 1))
    h, w, _ = picture.shape
    kind = rng.random()
    if kind < 0.35:
        noise = rng.normal(size=(h, w, 1))
    elif kind < 0.75:
        noise = rng.normal(size=(h, w, 3))
    else:
        colour = cv2.GaussianBlur(rng.normal(size=(h, w, 3)), (0, 0), rng.uniform(0.8, 2)) * 2.5
        noise = 0.6 * rng.normal(size=(h, w, 1)) + colour - colour.mean(2, keepdims=True)
    return picture + deviation * noise


def film_grain(picture, rng):
    """Grain is softer than a pixel and strongest in the middle greys."""
    h, w, _ = picture.shape
    grain = cv2.GaussianBlur(rng.normal(size=(h, w)), (0, 0), rng.uniform(0.5, 1.1))
    middle = 4 * np.clip(picture, 0, 1) * (1 - np.clip(picture, 0, 1))
    return picture + rng.uniform(0.01, 0.06) * (0.3 + 0.7 * middle) * (grain / grain.std())[..., None]


def dust(picture, rng):
    """Specks and hairs that one frame has and its neighbours have not; light on a print, dark on a negative."""
    h, w, _ = picture.shape
    cover = np.zeros((h, w), np.float32)
    for _ in range(rng.poisson(h * w / 12000)):
        at, axes = rng.uniform(0, (w, h)), np.minimum(0.5 + rng.gamma(1.2, 0.9, 2), 5)
        cv2.ellipse(cover, (tuple(float(v) for v in at), tuple(float(2 * v) for v in axes), float(rng.uniform(0, 180))), 1, -1)
    for _ in range(rng.poisson(h * w / 60000)):
        way = np.cumsum(np.vstack([rng.uniform(0, (w, h)), rng.normal(0, 5, (rng.integers(2, 6), 2))]), 0)
        cv2.polylines(cover, [np.int32(way * 16)], False, 1, 1, cv2.LINE_AA, 4)
    return _covered(picture, cover, rng)


def scratches(picture, rng, frame: int):
    """Upright lines of a pixel or two that stay for many frames, wandering a little; they do not always go all the way."""
    h, w, _ = picture.shape
    cover = np.zeros((h, w), np.float32)
    for _ in range(rng.integers(1, 4)):
        x, lean, wander, strength = rng.uniform(0, w), rng.normal(0, 0.004), rng.normal(0, 0.6), rng.uniform(0.3, 1)
        top, end = (0, h) if rng.random() < 0.7 else sorted(rng.uniform(0, h, 2))
        thick = int(rng.choice([1, 1, 2]))
        x += wander * frame
        cv2.line(cover, (int(16 * (x + lean * top)), int(16 * top)), (int(16 * (x + lean * end)), int(16 * end)),
                 float(strength), thick, cv2.LINE_AA, 4)
    return _covered(picture, cover, rng)


def _covered(picture, cover, rng):
    tone = rng.uniform(0.8, 1) if rng.random() < 0.6 else rng.uniform(0, 0.15)
    return picture + (cv2.GaussianBlur(cover, (0, 0), 0.4) * rng.uniform(0.6, 1))[..., None] * (tone - picture)


def banded(picture, rng):
    """Skies in steps: somebody kept it with five or six bits, as cheap cameras and old captures do."""
    levels = 2 ** int(rng.integers(5, 7)) - 1
    return np.round(np.clip(picture, 0, 1) * levels) / levels


def aberrant(picture, rng):
    """A lens that draws red a little larger and blue a little smaller, about a point that a crop does not know."""
    h, w, _ = picture.shape
    moves = rng.normal(0, 0.5, (2, 2))
    found = picture.copy()
    for channel, (dx, dy) in zip((0, 2), moves):
        shift = np.float32([[1, 0, dx], [0, 1, dy]])
        found[..., channel] = cv2.warpAffine(picture[..., channel], shift, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return found


def jpeg(picture, quality: int):
    packed = cv2.imencode('.jpg', _bytes(picture)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255


def resized(picture, w: int, h: int, rng):
    return cv2.resize(picture, (w, h), interpolation=SIZES[rng.choice(4, p=[.3, .2, .4, .1])])


def degrade(scene: np.ndarray, scale: int, rng) -> tuple[np.ndarray, str]:
    """A scene of full-size frames (uint8 [t, h, w, 3]) to what the model will see of them (uint8, h / scale), and in
    words what was done. A scene shares its lens, its scaler and its strength of noise; the noise itself is new in
    every frame. With more than one frame the scene always passes a video codec."""
    t, h, w, _ = scene.shape
    small_w, small_h = w // scale, h // scale
    blur = blur_kernel(rng, scale) if rng.random() < BLURRED[scale] else None
    scaler = SIZES[rng.choice(4, p=[.4, .15, .35, .1])]
    over_sharpened, aberration, bands = rng.random(3) < (0.12, 0.06, 0.04)
    noise = _noise(rng, 12 / 255 if scale > 1 else 20 / 255)  # a picture that is not enlarged shows what a smaller one hides
    film = scale == 1 and rng.random() < 0.3
    second = _second_order(rng, small_w, small_h)
    seed = int(rng.integers(2 ** 31))
    small = []
    for frame in scene:
        one = np.random.default_rng(seed)  # the same choices in every frame …
        x = frame.astype(np.float32) / 255
        if blur is not None:
            x = cv2.filter2D(x, -1, blur, borderType=cv2.BORDER_REFLECT)
        x = cv2.resize(x, (small_w, small_h), interpolation=scaler)
        if aberration:
            x = aberrant(x, one)
        if over_sharpened:
            x = sharpen(x, one)
        x = noise(x, seed, len(small))
        if film:
            x = dust(x, np.random.default_rng([seed, len(small), 1]))
            x = scratches(x, np.random.default_rng([seed, 2]), len(small)) if seed % 2 else x
        x = banded(x, one) if bands else x
        small.append(second(x, seed))
    words = ['blur' if blur is not None else 'sharp', noise.__name__, second.__name__, *(['dirty'] if film else [])]
    if t == 1:
        if rng.random() < 0.75:
            quality = int(rng.uniform(35, 96))
            small[0] = jpeg(small[0], quality)
            words.append(f'jpeg {quality}')
        return _bytes(np.stack(small)), ' '.join(words)
    codec = str(rng.choice(['h264', 'h265', 'mpeg2', 'mpeg4'], p=[.5, .2, .15, .15]))
    strength = rng.random() ** 2  # most films are watched because they are not too bad
    interlaced = codec == 'mpeg2' and rng.random() < 0.5
    frames = _bytes(np.stack(small))
    words.append(f'{codec} {strength:.2f}{" interlaced" if interlaced else ""}')
    return through_codec(frames, codec, strength, rng, interlaced), ' '.join(words)


def _noise(rng, strongest):
    """… but its own noise: grain that stands still is dirt on the lens."""
    kind = rng.random()

    def clean(x, seed, frame):
        return x

    def sensor(x, seed, frame):
        strength = np.random.default_rng(seed).uniform(0.2, 1) * strongest
        return sensor_noise(x, np.random.default_rng([seed, frame]), strength)

    def grain(x, seed, frame):
        return film_grain(x, np.random.default_rng([seed, frame]))

    return clean if kind < 0.5 else sensor if kind < 0.93 else grain


def _second_order(rng, w: int, h: int):
    """What reached the codec was often a copy already: resized, packed, resized back."""
    kind = rng.random()
    between = rng.uniform(0.6, 1.4)
    quality = int(rng.uniform(45, 95))

    def first(x, seed):
        return x

    def copied(x, seed):
        one = np.random.default_rng(seed)
        x = resized(x, max(8, round(w * between)), max(8, round(h * between)), one)
        if quality < 85:
            x = jpeg(x, quality)
        return resized(x, w, h, one)

    return first if kind < 0.75 else copied


def _turned(size: int, angle: float):
    axis = np.arange(size) - size // 2
    x, y = np.meshgrid(axis, axis)
    return np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y


def _one(kernel):
    return (kernel / kernel.sum()).astype(np.float32)


def _bytes(picture):
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
