"""The photographs that training may use: which, under which licence, and how they are read."""
import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

Image.MAX_IMAGE_PIXELS = None  # wallpapers of 7680 px are no attack

MANIFEST = Path(__file__).with_name('photos.tsv')


@dataclass(frozen=True)
class Photo:
    use: str  # 'train', or 'held' for the sample sheets and the validation figure
    licence: str
    author: str
    path: str  # below the folder of unpacked packages; 'file.rcc#n' is the n-th WebP inside a Qt resource file


def manifest(file: Path = MANIFEST) -> list[Photo]:
    with open(file, newline='') as lines:
        return [Photo(row['use'], row['licence'], row['author'], row['path'])
                for row in csv.DictReader(lines, delimiter='\t')]


def own_photos(folder: Path) -> list[Photo]:
    """Whatever else the user points at; the licence is the user's to know."""
    endings = {'.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff'}
    return [Photo('train', 'own', 'own', str(f)) for f in sorted(folder.rglob('*')) if f.suffix.lower() in endings]


def read(photo: Photo, root: Path) -> Image.Image:
    file, _, number = photo.path.partition('#')
    if number:
        return Image.open(io.BytesIO(_webp_inside((root / file).read_bytes(), int(number)))).convert('RGB')
    return Image.open(root / file).convert('RGB')


def views(photo: Photo, root: Path, shortest: int = 400, longest: int = 1800) -> list[np.ndarray]:
    """The picture at up to two sizes. Cameras and their JPEG are soft at full size, so the halved copy is the sharper
    truth; small pictures from the web are only taken reduced."""
    picture = read(photo, root)
    short = min(picture.size)
    factors = (1.0, 0.5) if short >= 1400 else (0.6,)
    found = []
    for factor in factors:
        factor *= min(1, longest / (short * factor))
        if short * factor >= shortest:
            size = tuple(round(side * factor) for side in picture.size)
            found.append(np.asarray(picture.resize(size, Image.LANCZOS)))
    return found


def _webp_inside(resource: bytes, number: int) -> bytes:
    at = -1
    while (at := resource.find(b'RIFF', at + 1)) >= 0:
        if resource[at + 8:at + 12] == b'WEBP':
            if number == 0:
                return resource[at:at + 8 + int.from_bytes(resource[at + 4:at + 8], 'little')]
            number -= 1
            at += 3
    raise ValueError('the resource file holds fewer WebP pictures than the manifest says')
