"""python -m workshop.teach --shards SHARDS --teacher BUNDLE_OR_WEIGHTS --out TAUGHT [--steps 1]: shards with what a teacher makes
of every pair's first frame beside the truth, so that a small network can learn from both (`train --distil`) without the large one
running beside it.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .net import Net, continued, up
from .process import ResShift
from .shards import picture


def teacher(place: Path) -> Net:
    weights = checkpoint.weights(place)
    count = {part: 1 + max(int(name.split('.')[1]) for name in weights if name.startswith(part))
             for part in ('condition_blocks', 'denoise_blocks')}
    finish = len(weights['finish.second.bias']) if 'finish.second.bias' in weights else 0
    net = Net(width=len(weights['enter.bias']), finish=finish, **count)
    missing = continued(net, weights)
    if missing:
        raise SystemExit(f'{place} is no ×4 network of this workshop: {", ".join(missing)} is missing or of another size')
    return net.eval()


@torch.no_grad()
def taught(net: Net, shard: np.ndarray, steps: int, seed: int, at_once: int = 8) -> np.ndarray:
    """The shard with one field more. The noise differs from pair to pair: what the teacher makes of it is not in the source,
    and a network without noise can only learn the mean."""
    torch.manual_seed(seed)
    process = ResShift(np.random.default_rng(seed))
    out = np.empty(len(shard), np.dtype(shard.dtype.descr + [('taught', 'u1', shard.dtype['hr'].shape[1:])]))
    for name in shard.dtype.names:
        out[name] = shard[name]
    for at in range(0, len(shard), at_once):
        lq = picture(shard['lr'][at:at + at_once, 0])
        y, cond = up(lq, net.scale), net.condition(lq)
        made = process.sample(y, lambda x, t: net.denoise(x, cond, torch.full((len(y),), t + 1), y), steps)
        out['taught'][at:at + at_once] = ((made.clamp(-1, 1) + 1) * 127.5 + 0.5).byte().permute(0, 2, 3, 1).numpy()
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--shards', type=Path, required=True)
    p.add_argument('--teacher', type=Path, required=True)
    p.add_argument('--out', type=Path, required=True)
    p.add_argument('--steps', type=int, default=1)
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--pause', type=Path, help='while PAUSE or PAUSE-anything exists no shard is begun')
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    a.out.mkdir(parents=True, exist_ok=True)
    net = teacher(a.teacher)
    for number, source in enumerate(sorted(a.shards.glob('*.npy'))):
        file = a.out / source.name
        if file.exists():
            continue
        while a.pause and any(a.pause.parent.glob(a.pause.name + '*')):
            time.sleep(2)
        part = file.with_suffix('.part')
        with open(part, 'wb') as out:
            np.save(out, taught(net, np.load(source), a.steps, number))
        os.replace(part, file)  # a trainer never sees half a shard
        print(file.name, flush=True)


if __name__ == '__main__':
    main()
