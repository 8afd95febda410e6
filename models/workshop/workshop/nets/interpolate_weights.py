"""python -m workshop.nets.interpolate_weights FAITHFUL.pt DETAILED.pt SHARE OUT.pt [--gain 0.7]: weights between two trainings of one network, SHARE of
the second. Where the second went on from the first, detail and faithfulness change smoothly on the way (ESRGAN, section 3.4).
--gain: how much of what the network adds to the enlarged picture it shall add, for one that has seen more blur than there is."""
import argparse
from pathlib import Path

import torch

from . import checkpoint


def blend(first: dict, second: dict, share: float) -> dict:
    if first['settings'] != second['settings']:
        raise SystemExit(f'these are two networks: {first["settings"]} and {second["settings"]}')
    return {**second, 'ema': {name: torch.lerp(first['ema'][name], value, share) for name, value in second['ema'].items()}}


def weakened(weights: dict, gain: float) -> dict:
    """x0 = y + gain · (what it was - y): the layers that end in the picture, scaled."""
    ends = ('leave.', 'finish.third.')
    return {**weights, 'ema': {name: value * gain if name.startswith(ends) else value for name, value in weights['ema'].items()}}


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('first', type=Path)
    p.add_argument('second', type=Path)
    p.add_argument('share', type=float)
    p.add_argument('out', type=Path)
    p.add_argument('--gain', type=float, default=1.0)
    a = p.parse_args()
    checkpoint.save(weakened(blend(checkpoint.load(a.first), checkpoint.load(a.second), a.share), a.gain), a.out)
