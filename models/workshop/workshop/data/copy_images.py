"""Copies the training photographs of photos.tsv, reduced to a size at which they are sharp, as WebP of quality 92.

python -m workshop.data.copy_images --photos UNPACKED_PACKAGES --out FOLDER [--longest 2200]

The result is 40 MB, small enough to upload to a machine with a GPU.
"""
import argparse
from pathlib import Path

from PIL import Image

from .photos import read_manifest, read_photo


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--photos', type=Path, required=True, help='folder where the packages of photos.tsv were unpacked')
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--longest', type=int, default=2200, help='longest side in pixels')
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(photo for photo in read_manifest() if photo.split == 'train'):
        try:
            image = read_photo(photo, a.photos)
        except FileNotFoundError:
            print(f'{photo.path} does not exist and is skipped')
            continue
        factor = 1.0 if min(image.size) >= 1400 else 0.6  # small images from the web are soft
        factor *= min(1, a.longest / (max(image.size) * factor))
        size = tuple(round(side * factor) for side in image.size)
        if min(size) >= 400:
            image.resize(size, Image.LANCZOS).save(a.out / f'{number:03}.webp', quality=92, method=4)


if __name__ == '__main__':
    main()
