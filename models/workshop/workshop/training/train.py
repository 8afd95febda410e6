"""python -m workshop.training.train (--shards SHARDS | --scenes SCENES --pictures FOLDER) --run RUN [--held SHARDS] [--init WEIGHTS.pt]
[--minutes M] [--stages a:2000,b:8000,gan:30000]

a    plain residual shifting: a random step of the forward process, predict x0, Charbonnier
b    the sampler is walked from x_T with the current weights, and the step trains on the state it really reaches
gan  b with an adversarial term, and a spectral one with --spectrum

A stage's length is in steps, or in minutes: b:3m,gan:6m.

Started again with the same --run it goes on at the step where it stopped. While a file exists whose name begins as
--pause says, it sleeps: several people may measure at once, each with a file of their own.
"""
import argparse
import csv
import signal
import time
from pathlib import Path

import numpy as np
import torch

from ..nets import checkpoint
from .diffusion import PROCESSES
from .sample_sheet import curve
from .trainer import Training
from .validate import validate

COLUMNS = ['step', 'stage', 'minutes', 'loss', 'critic', *(f'{what}_{n}' for what in ('gain', 'detail', 'grid') for n in (1, 4, 5))]


def run(a):
    torch.set_num_threads(a.threads)
    torch.backends.cudnn.benchmark = True  # every batch is of one size
    (a.run / 'samples').mkdir(parents=True, exist_ok=True)
    training = Training(a)
    log = a.run / 'log.csv'
    if not log.exists():
        log.write_text(','.join(COLUMNS) + '\n')
    wanted = {'stop': False}
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: wanted.update(stop=True))  # finish the step, keep it, go
    began = tick = time.monotonic()
    losses = []
    while not wanted['stop'] and (time.monotonic() - began) / 60 < a.minutes and training.step < a.steps:
        if paused(a.pause):
            checkpoint.save(training.state(), a.run / 'last.pt')
            while paused(a.pause) and not wanted['stop']:
                time.sleep(2)
            tick = time.monotonic()
            continue
        stage = training.stage()[0]
        losses.append(training.train_step())
        training.minutes += (time.monotonic() - tick) / 60
        tick = time.monotonic()
        if training.stage()[0] != stage:
            checkpoint.save(training.weights(), a.run / f'{stage}.pt')
        if training.step % a.look == 0:
            _note(training, losses, log)
            losses = []
        if training.step % a.keep == 0:
            training.data.look_again()
            checkpoint.save(training.state(), a.run / 'last.pt')
            checkpoint.save(training.weights(), a.run / 'weights.pt')
    checkpoint.save(training.state(), a.run / 'last.pt')
    checkpoint.save(training.weights(), a.run / 'weights.pt')


def paused(switch: Path | None) -> bool:
    return switch is not None and any(switch.parent.glob(switch.name + '*'))


def _note(training, losses, log):
    a = training.a
    row = {'step': training.step, 'stage': training.stage()[0], 'minutes': f'{training.minutes:.1f}'}
    for name in ('loss', 'critic'):
        values = [found[name].item() for found in losses if name in found]
        row[name] = f'{np.mean(values):.5f}' if values else ''
    if a.held and training.step % a.validate == 0:
        row |= {name: f'{value:.3f}' for name, value in validate(training, a.held).items()}
    with open(log, 'a', newline='') as out:
        csv.DictWriter(out, COLUMNS, restval='').writerow(row)
    print(' '.join(f'{name} {value}' for name, value in row.items() if value != ''), flush=True)
    curve(log, a.run / 'curve.png')


def arguments(given=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = p.add_mutually_exclusive_group(required=True)
    data.add_argument('--shards', type=Path, help='pairs that workshop.data.make_pairs made')
    data.add_argument('--scenes', type=Path, help='scenes that workshop.data.render_scenes makes, from the same --pictures')
    p.add_argument('--pictures', type=Path)
    p.add_argument('--run', type=Path, required=True, help='folder for checkpoints, log and sheets')
    p.add_argument('--held', type=Path, help='shards of held-out photographs')
    p.add_argument('--init', type=Path, help='weights or bundle to start from, when the run is new')
    p.add_argument('--pause', type=Path, help='while PAUSE or PAUSE-anything exists the trainer sleeps')
    p.add_argument('--minutes', type=float, default=float('inf'))
    p.add_argument('--steps', type=int, default=10 ** 9, help='stop at this step')
    p.add_argument('--stages', default='a:2000,b:8000,gan:30000')
    p.add_argument('--batch', type=int, default=8, help='pictures per step; stage a takes twice as many')
    p.add_argument('--crop', type=int, help='train on parts of the pictures, this many full-size pixels wide')
    p.add_argument('--lr', type=float, default=4e-4)
    p.add_argument('--gan', type=float, default=0.02, help='weight of the adversarial term')
    p.add_argument('--judge-every', type=int, default=1, help='steps between those in which the critic learns')
    p.add_argument('--fix', nargs='*', default=[], help='parts of the network that stay as they are: enter condition_blocks')
    p.add_argument('--critic-width', type=int, default=48, help='beside a small network a wide critic takes most of the time')
    p.add_argument('--spectrum', type=float, default=0.0, help='weight of the spectral term in stage gan')
    p.add_argument('--texture', type=float, default=0.5, help='weight of the strength of detail in holes, in stage gan')
    p.add_argument('--teacher', type=Path, help='weights or bundle of a residual-shifting ×4 network')
    p.add_argument('--teacher-steps', type=int, default=4)
    p.add_argument('--distil', type=float, default=0.0, help='share of the teacher\'s pictures in what is asked for')
    p.add_argument('--match', type=float, default=0.0, help='weight of the distribution-matching term against the teacher, in stage gan')
    p.add_argument('--quick', action='store_true', help='the network of one_step_network.py, with --width and --condition-blocks; one step only')
    p.add_argument('--width', type=int, default=64)
    p.add_argument('--condition-blocks', type=int, default=7)
    p.add_argument('--denoise-blocks', type=int, default=3)
    p.add_argument('--finish', type=int, default=32)
    p.add_argument('--scale', type=int, default=4)
    p.add_argument('--fold', type=int, default=1, help='how much coarser the network works than its source')
    p.add_argument('--process', choices=sorted(PROCESSES), default='resshift', help='whose sampler will walk')
    p.add_argument('--task', choices=['upscale', 'inpaint'], default='upscale')
    p.add_argument('--look', type=int, default=50, help='steps between lines of the log')
    p.add_argument('--validate', type=int, default=500, help='steps between sample sheets; a multiple of --look')
    p.add_argument('--keep', type=int, default=200, help='steps between checkpoints')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--device', default='cpu')
    p.add_argument('--fp32', action='store_true')
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args(given)
    if a.scenes and not a.pictures:
        p.error('--scenes needs the --pictures that were filmed')
    if (a.distil or a.match) and not a.teacher:
        p.error('--distil and --match need a --teacher')
    return a


if __name__ == '__main__':
    run(arguments())
