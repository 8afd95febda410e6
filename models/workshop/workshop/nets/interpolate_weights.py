"""Interpolates between two checkpoints of one network (ESRGAN, section 3.4), here faithful and detailed.

python -m workshop.nets.interpolate_weights FAITHFUL.pt DETAILED.pt SHARE OUT.pt [--gain 0.7]

SHARE is the share of the second checkpoint, 0 … 1. Detail and faithfulness change smoothly with it when the second training
continued from the first. --gain scales what the network adds to the upscaled image: below 1 for a network that was trained
on more blur than its sources have.
"""
import argparse
from pathlib import Path

import torch

from . import checkpoint


def interpolate(first: dict, second: dict, share: float) -> dict:
    if first['settings'] != second['settings']:
        raise SystemExit(f'the checkpoints are of different networks: {first["settings"]} and {second["settings"]}')
    return {**second, 'ema': {name: torch.lerp(first['ema'][name], value, share) for name, value in second['ema'].items()}}


def scale_residual(contents: dict, gain: float) -> dict:
    """x0 = y + gain · (x0 before - y): scales the layers whose sum is the residual."""
    last = ('leave.', 'finish.third.')
    return {**contents, 'ema': {name: value * gain if name.startswith(last) else value for name, value in contents['ema'].items()}}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('first', type=Path)
    p.add_argument('second', type=Path)
    p.add_argument('share', type=float, help='of the second checkpoint, 0 … 1')
    p.add_argument('out', type=Path)
    p.add_argument('--gain', type=float, default=1.0, help='factor of what the network adds to the upscaled image')
    a = p.parse_args()
    checkpoint.save(scale_residual(interpolate(checkpoint.load(a.first), checkpoint.load(a.second), a.share), a.gain), a.out)


if __name__ == '__main__':
    main()
