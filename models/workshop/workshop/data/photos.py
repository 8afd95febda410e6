"""The photographs that are used for training: which ones, under which licence, and how they are read."""
import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

Image.MAX_IMAGE_PIXELS = None  # wallpapers of 7680 px are legitimate

MANIFEST = Path(__file__).with_name('photos.tsv')


@dataclass(frozen=True)
class Photo:
    split: str  # 'train' or 'validation'
    licence: str
    author: str
    path: str  # below the folder of unpacked packages; 'file.rcc#n' is the n-th WebP image inside a Qt resource file


def read_manifest(file: Path = MANIFEST) -> list[Photo]:
    with open(file, newline='') as lines:
        return [Photo(row['split'], row['licence'], row['author'], row['path'])
                for row in csv.DictReader(lines, delimiter='\t')]


def own_photos(folder: Path) -> list[Photo]:
    """All image files below a folder of the user, who is responsible for their licence."""
    suffixes = {'.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff'}
    return [Photo('train', 'own', 'own', str(f)) for f in sorted(folder.rglob('*')) if f.suffix.lower() in suffixes]


def read_photo(photo: Photo, root: Path) -> Image.Image:
    file, _, number = photo.path.partition('#')
    if number:
        return Image.open(io.BytesIO(_webp_inside((root / file).read_bytes(), int(number)))).convert('RGB')
    return Image.open(root / file).convert('RGB')


def read_training_sizes(photo: Photo, root: Path, shortest: int = 400, longest: int = 1800) -> list[np.ndarray]:
    """The photograph at one or two sizes. Camera JPEGs are soft at full size, so a large photograph is also taken at half its
    size, which is sharper; small images from the web are only taken reduced."""
    image = read_photo(photo, root)
    short = min(image.size)
    factors = (1.0, 0.5) if short >= 1400 else (0.6,)
    sizes = []
    for factor in factors:
        factor *= min(1, longest / (short * factor))
        if short * factor >= shortest:
            size = tuple(round(side * factor) for side in image.size)
            sizes.append(np.asarray(image.resize(size, Image.LANCZOS)))
    return sizes


def _webp_inside(resource: bytes, number: int) -> bytes:
    at = -1
    while (at := resource.find(b'RIFF', at + 1)) >= 0:
        if resource[at + 8:at + 12] == b'WEBP':
            if number == 0:
                return resource[at:at + 8 + int.from_bytes(resource[at + 4:at + 8], 'little')]
            number -= 1
            at += 3
    raise ValueError('the resource file has fewer WebP images than the manifest says')
