"""Degrades scenes as real sources are degraded: blur, resampling, noise, JPEG, a video codec, often twice.

The model only learns to undo what is simulated here. All functions take and return float32 RGB in 0 … 1, [h, w, 3]; a scene is
[t, h, w, 3]. All randomness comes from the given generator.
"""
import cv2
import numpy as np

from .video_codec import encode_and_decode

cv2.setNumThreads(1)

# Share of the scenes that are blurred, by scale. A network trained on too much blur oversharpens sources that are sharp.
BLUR_SHARE = {4: 0.7, 2: 0.35, 1: 0.15}
SCALERS = [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]


def gaussian_kernel(rng, max_sigma: float) -> np.ndarray:
    """Isotropic or anisotropic: lenses, scaling filters, wrong focus."""
    across = rng.uniform(0.3, max_sigma)
    along = across if rng.random() < 0.6 else rng.uniform(0.3, max_sigma)
    angle = rng.uniform(0, np.pi)
    u, v = _rotated_grid(2 * int(np.ceil(2.5 * max(across, along))) + 1, angle)
    return _normalised(np.exp(-0.5 * ((u / across) ** 2 + (v / along) ** 2)))


def defocus_kernel(rng, max_radius: float) -> np.ndarray:
    """A disc with a soft edge."""
    radius = rng.uniform(0.8, max_radius)
    u, v = _rotated_grid(2 * int(np.ceil(radius + 1)) + 1, 0)
    return _normalised(np.clip(radius + 0.5 - np.hypot(u, v), 0, 1))


def motion_kernel(rng, max_length: float) -> np.ndarray:
    """A straight line: the camera moved during the exposure."""
    length = rng.uniform(2, max_length)
    u, v = _rotated_grid(2 * int(np.ceil(length / 2 + 1)) + 1, rng.uniform(0, np.pi))
    return _normalised(np.clip(length / 2 + 0.5 - np.abs(u), 0, 1) * np.clip(1.2 - np.abs(v), 0, 1))


def blur_kernel(rng, scale: int) -> np.ndarray:
    """Widths are in pixels of the high-resolution image, so they grow with the scale. At scale 1 the blur is that of lenses and
    copies, as strong as at scale 2."""
    scale = max(2, scale)
    kind = rng.random()
    if kind < 0.72:
        return gaussian_kernel(rng, 0.65 * scale)
    if kind < 0.86:
        return defocus_kernel(rng, 0.75 * scale)
    return motion_kernel(rng, 2.5 * scale)


def oversharpen(image, rng):
    """Unsharp masking with visible halos, as cameras and broadcasters apply it. Only the degraded side gets it, so the model
    learns to remove halos and not to add them."""
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.5))
    return image + rng.uniform(0.2, 1.0) * (image - soft)


def sensor_noise(image, rng, strongest: float = 12 / 255):
    """Poisson–Gaussian: a part that grows with the square root of the signal and a constant part. Grey, coloured, or blotchy in
    colour as after demosaicing."""
    read = rng.uniform(0.3 / 255, strongest) * rng.random()
    shot = rng.uniform(0, 0.035) * rng.random()
    deviation = np.sqrt(read ** 2 + shot ** 2 * np.clip(image, 0, 1))
    h, w, _ = image.shape
    kind = rng.random()
    if kind < 0.35:
        noise = rng.normal(size=(h, w, 1))
    elif kind < 0.75:
        noise = rng.normal(size=(h, w, 3))
    else:
        colour = cv2.GaussianBlur(rng.normal(size=(h, w, 3)), (0, 0), rng.uniform(0.8, 2)) * 2.5
        noise = 0.6 * rng.normal(size=(h, w, 1)) + colour - colour.mean(2, keepdims=True)
    return image + deviation * noise


def film_grain(image, rng):
    """Grain is softer than a pixel and strongest in the mid-tones."""
    h, w, _ = image.shape
    grain = cv2.GaussianBlur(rng.normal(size=(h, w)), (0, 0), rng.uniform(0.5, 1.1))
    midtones = 4 * np.clip(image, 0, 1) * (1 - np.clip(image, 0, 1))
    return image + rng.uniform(0.01, 0.06) * (0.3 + 0.7 * midtones) * (grain / grain.std())[..., None]


def dust(image, rng):
    """Specks and hairs that are in one frame only; white on a print, black on a negative."""
    h, w, _ = image.shape
    cover = np.zeros((h, w), np.float32)
    for _ in range(rng.poisson(h * w / 12000)):
        at, axes = rng.uniform(0, (w, h)), np.minimum(0.5 + rng.gamma(1.2, 0.9, 2), 5)
        cv2.ellipse(cover, (tuple(float(v) for v in at), tuple(float(2 * v) for v in axes), float(rng.uniform(0, 180))), 1, -1)
    for _ in range(rng.poisson(h * w / 60000)):
        hair = np.cumsum(np.vstack([rng.uniform(0, (w, h)), rng.normal(0, 5, (rng.integers(2, 6), 2))]), 0)
        cv2.polylines(cover, [np.int32(hair * 16)], False, 1, 1, cv2.LINE_AA, 4)
    return _covered(image, cover, rng)


def scratches(image, rng, frame: int):
    """Vertical lines one or two pixels wide that stay for many frames and drift slowly; some do not span the whole height."""
    h, w, _ = image.shape
    cover = np.zeros((h, w), np.float32)
    for _ in range(rng.integers(1, 4)):
        x, lean, drift, strength = rng.uniform(0, w), rng.normal(0, 0.004), rng.normal(0, 0.6), rng.uniform(0.3, 1)
        top, end = (0, h) if rng.random() < 0.7 else sorted(rng.uniform(0, h, 2))
        thickness = int(rng.choice([1, 1, 2]))
        x += drift * frame
        cv2.line(cover, (int(16 * (x + lean * top)), int(16 * top)), (int(16 * (x + lean * end)), int(16 * end)),
                 float(strength), thickness, cv2.LINE_AA, 4)
    return _covered(image, cover, rng)


def _covered(image, cover, rng):
    """The image with dirt of one brightness over it; cover: opacity [h, w]."""
    brightness = rng.uniform(0.8, 1) if rng.random() < 0.6 else rng.uniform(0, 0.15)
    return image + (cv2.GaussianBlur(cover, (0, 0), 0.4) * rng.uniform(0.6, 1))[..., None] * (brightness - image)


def posterise(image, rng):
    """Banding from quantisation to five or six bits, as by cheap cameras and old capture cards."""
    levels = 2 ** int(rng.integers(5, 7)) - 1
    return np.round(np.clip(image, 0, 1) * levels) / levels


def chromatic_aberration(image, rng):
    """Lateral: red and blue are shifted against green. Within a crop the magnification is a constant shift."""
    h, w, _ = image.shape
    shifts = rng.normal(0, 0.5, (2, 2))
    out = image.copy()
    for channel, (dx, dy) in zip((0, 2), shifts):
        matrix = np.float32([[1, 0, dx], [0, 1, dy]])
        out[..., channel] = cv2.warpAffine(image[..., channel], matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return out


def jpeg(image, quality: int):
    """The image after JPEG compression."""
    compressed = cv2.imencode('.jpg', _to_bytes(image)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return cv2.imdecode(compressed, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255


def resized(image, w: int, h: int, rng):
    return cv2.resize(image, (w, h), interpolation=SCALERS[rng.choice(4, p=[.3, .2, .4, .1])])


def degrade(scene: np.ndarray, scale: int, rng) -> tuple[np.ndarray, str]:
    """uint8 [t, h, w, 3] → the source that the model gets, uint8 [t, h / scale, w / scale, 3], and a description.

    Blur, scaler and the strength of the noise are the same for the whole scene; the noise is different in every frame. A scene
    of several frames always passes through a video codec; interlaced ones have half as many frames afterwards."""
    t, h, w, _ = scene.shape
    small_w, small_h = w // scale, h // scale
    blur = blur_kernel(rng, scale) if rng.random() < BLUR_SHARE[scale] else None
    scaler = SCALERS[rng.choice(4, p=[.4, .15, .35, .1])]
    has_halos, has_aberration, has_banding = rng.random(3) < (0.12, 0.06, 0.04)
    add_noise = _noise(rng, 12 / 255 if scale > 1 else 20 / 255)  # downscaling would have reduced stronger noise
    is_dirty = scale == 1 and rng.random() < 0.3
    copy = _second_generation(rng, small_w, small_h)
    seed = int(rng.integers(2 ** 31))
    frames = []
    for frame in scene:
        scene_rng = np.random.default_rng(seed)  # the same choices in every frame
        x = frame.astype(np.float32) / 255
        if blur is not None:
            x = cv2.filter2D(x, -1, blur, borderType=cv2.BORDER_REFLECT)
        x = cv2.resize(x, (small_w, small_h), interpolation=scaler)
        if has_aberration:
            x = chromatic_aberration(x, scene_rng)
        if has_halos:
            x = oversharpen(x, scene_rng)
        x = add_noise(x, seed, len(frames))
        if is_dirty:
            x = dust(x, np.random.default_rng([seed, len(frames), 1]))
            x = scratches(x, np.random.default_rng([seed, 2]), len(frames)) if seed % 2 else x
        x = posterise(x, scene_rng) if has_banding else x
        frames.append(copy(x, seed))
    description = ['blur' if blur is not None else 'sharp', add_noise.__name__, copy.__name__, *(['dirty'] if is_dirty else [])]
    if t == 1:
        if rng.random() < 0.75:
            quality = int(rng.uniform(35, 96))
            frames[0] = jpeg(frames[0], quality)
            description.append(f'jpeg {quality}')
        return _to_bytes(np.stack(frames)), ' '.join(description)
    codec = str(rng.choice(['h264', 'h265', 'mpeg2', 'mpeg4'], p=[.5, .2, .15, .15]))
    strength = rng.random() ** 2  # most videos are compressed moderately
    interlaced = codec == 'mpeg2' and rng.random() < 0.5
    description.append(f'{codec} {strength:.2f}{" interlaced" if interlaced else ""}')
    return encode_and_decode(_to_bytes(np.stack(frames)), codec, strength, rng, interlaced), ' '.join(description)


def _noise(rng, strongest):
    """A function (image, seed of the scene, frame number) → noisy image, with new noise in every frame."""
    kind = rng.random()

    def clean(x, seed, frame):
        return x

    def sensor(x, seed, frame):
        strength = np.random.default_rng(seed).uniform(0.2, 1) * strongest
        return sensor_noise(x, np.random.default_rng([seed, frame]), strength)

    def grain(x, seed, frame):
        return film_grain(x, np.random.default_rng([seed, frame]))

    return clean if kind < 0.5 else sensor if kind < 0.93 else grain


def _second_generation(rng, w: int, h: int):
    """A quarter of the sources are copies of copies: resized, compressed, resized back."""
    kind = rng.random()
    factor = rng.uniform(0.6, 1.4)
    quality = int(rng.uniform(45, 95))

    def original(x, seed):
        return x

    def copied(x, seed):
        copy_rng = np.random.default_rng(seed)
        x = resized(x, max(8, round(w * factor)), max(8, round(h * factor)), copy_rng)
        if quality < 85:
            x = jpeg(x, quality)
        return resized(x, w, h, copy_rng)

    return original if kind < 0.75 else copied


def _rotated_grid(size: int, angle: float):
    axis = np.arange(size) - size // 2
    x, y = np.meshgrid(axis, axis)
    return np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y


def _normalised(kernel):
    return (kernel / kernel.sum()).astype(np.float32)


def _to_bytes(image):
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
