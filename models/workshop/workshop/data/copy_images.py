"""python -m workshop.data.copy_images --photos UNPACKED_PACKAGES --out FOLDER [--longest 2200]: the photographs of photos.tsv that may train, at
a size at which they are sharp, as WebP of quality 92. All of them fit into 40 MB, so that they can travel to a machine with a GPU."""
import argparse
from pathlib import Path

from PIL import Image

from .photos import manifest, read


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--photos', type=Path, required=True)
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--longest', type=int, default=2200)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(photo for photo in manifest() if photo.use == 'train'):
        try:
            picture = read(photo, a.photos)
        except FileNotFoundError:
            print(f'{photo.path} is not there and stays out')
            continue
        factor = 1.0 if min(picture.size) >= 1400 else 0.6  # small pictures from the web are soft
        factor *= min(1, a.longest / (max(picture.size) * factor))
        size = tuple(round(side * factor) for side in picture.size)
        if min(size) >= 400:
            picture.resize(size, Image.LANCZOS).save(a.out / f'{number:03}.webp', quality=92, method=4)


if __name__ == '__main__':
    main()
