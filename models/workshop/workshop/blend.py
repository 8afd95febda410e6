"""python -m workshop.blend FAITHFUL.pt DETAILED.pt SHARE OUT.pt: weights between two trainings of one network, SHARE of the
second. Where the second went on from the first, detail and faithfulness change smoothly on the way (ESRGAN, section 3.4)."""
import argparse
from pathlib import Path

import torch

from . import checkpoint


def blend(first: dict, second: dict, share: float) -> dict:
    if first['settings'] != second['settings']:
        raise SystemExit(f'these are two networks: {first["settings"]} and {second["settings"]}')
    return {**second, 'ema': {name: torch.lerp(first['ema'][name], value, share) for name, value in second['ema'].items()}}


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('first', type=Path)
    p.add_argument('second', type=Path)
    p.add_argument('share', type=float)
    p.add_argument('out', type=Path)
    a = p.parse_args()
    checkpoint.save(blend(checkpoint.load(a.first), checkpoint.load(a.second), a.share), a.out)
