"""Trains a network.

python -m workshop.training.train (--shards SHARDS | --scenes SCENES --images FOLDER) --run RUN [--validation SHARDS]
                                  [--init WEIGHTS.pt] [--minutes M] [--stages a:2000,b:8000,gan:30000]

Stages:
a    a random step of the forward process, predicts x0, Charbonnier loss
b    rollout: the sampler runs from x_T with the current weights, and the network is trained on the state it reaches
gan  b with an adversarial loss, and a spectral one with --spectral-weight

The length of a stage is in steps, or in minutes: b:3m,gan:6m.

Started again with the same --run, the training resumes at the step where it stopped. While a file exists whose name starts
with the name given as --pause, the training sleeps: several people can measure at once, each with a file of their own.
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
from .sample_sheet import plot_log
from .trainer import Trainer
from .validate import validate

COLUMNS = ['step', 'stage', 'minutes', 'loss', 'discriminator', *(f'{what}_{n}' for what in ('gain', 'detail', 'grid') for n in (1, 4, 5))]


def run(a):
    torch.set_num_threads(a.threads)
    torch.backends.cudnn.benchmark = True  # all batches have the same size
    (a.run / 'samples').mkdir(parents=True, exist_ok=True)
    trainer = Trainer(a)
    log = a.run / 'log.csv'
    if not log.exists():
        log.write_text(','.join(COLUMNS) + '\n')
    signals = {'stop': False}
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: signals.update(stop=True))  # finish the step, save, exit
    began = step_began = time.monotonic()
    losses = []
    while not signals['stop'] and (time.monotonic() - began) / 60 < a.minutes and trainer.step < a.steps:
        if is_paused(a.pause):
            checkpoint.save(trainer.state(), a.run / 'last.pt')
            while is_paused(a.pause) and not signals['stop']:
                time.sleep(2)
            step_began = time.monotonic()
            continue
        stage = trainer.stage()[0]
        losses.append(trainer.train_step())
        trainer.minutes += (time.monotonic() - step_began) / 60
        step_began = time.monotonic()
        if trainer.stage()[0] != stage:
            checkpoint.save(trainer.exported_weights(), a.run / f'{stage}.pt')
        if trainer.step % a.log_every == 0:
            _write_log(trainer, losses, log)
            losses = []
        if trainer.step % a.checkpoint_every == 0:
            trainer.data.rescan()
            _save(trainer)
    _save(trainer)


def _save(trainer):
    checkpoint.save(trainer.state(), trainer.a.run / 'last.pt')
    checkpoint.save(trainer.exported_weights(), trainer.a.run / 'weights.pt')


def is_paused(switch: Path | None) -> bool:
    return switch is not None and any(switch.parent.glob(switch.name + '*'))


def _write_log(trainer, losses, log):
    a = trainer.a
    row = {'step': trainer.step, 'stage': trainer.stage()[0], 'minutes': f'{trainer.minutes:.1f}'}
    for name in ('loss', 'discriminator'):
        values = [step[name].item() for step in losses if name in step]
        row[name] = f'{np.mean(values):.5f}' if values else ''
    if a.validation and trainer.step % a.validate_every == 0:
        row |= {name: f'{value:.3f}' for name, value in validate(trainer, a.validation).items()}
    with open(log, 'a', newline='') as out:
        csv.DictWriter(out, COLUMNS, restval='').writerow(row)
    print(' '.join(f'{name} {value}' for name, value in row.items() if value != ''), flush=True)
    plot_log(log, a.run / 'curve.png')


def parse_arguments(arguments=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = p.add_mutually_exclusive_group(required=True)
    data.add_argument('--shards', type=Path, help='folder of pairs from workshop.data.make_pairs')
    data.add_argument('--scenes', type=Path, help='folder of scenes from workshop.data.render_scenes, rendered from the same --images')
    p.add_argument('--images', type=Path, help='the folder that the --scenes were rendered from')
    p.add_argument('--run', type=Path, required=True, help='folder for checkpoints, log and sample sheets')
    p.add_argument('--validation', type=Path, help='shards of held-out photographs')
    p.add_argument('--init', type=Path, help='weights or bundle that a new run starts from')
    p.add_argument('--pause', type=Path, help='while PAUSE or PAUSE-anything exists the training sleeps')
    p.add_argument('--minutes', type=float, default=float('inf'), help='stop after this time; the next start resumes')
    p.add_argument('--steps', type=int, default=10 ** 9, help='stop at this step')
    p.add_argument('--stages', default='a:2000,b:8000,gan:30000')
    p.add_argument('--batch', type=int, default=8, help='images per step; stage a takes twice as many')
    p.add_argument('--crop', type=int, help='train on crops of this many output pixels')
    p.add_argument('--lr', type=float, default=4e-4, help='learning rate')
    p.add_argument('--gan-weight', type=float, default=0.02, help='of the adversarial loss, in stage gan')
    p.add_argument('--discriminator-every', type=int, default=1, help='train the discriminator every N steps')
    p.add_argument('--freeze', nargs='*', default=[], help='parts of the network that are not trained: enter condition_blocks')
    p.add_argument('--discriminator-width', type=int, default=48, help='channels; with a small network a wide discriminator takes most of the time')
    p.add_argument('--spectral-weight', type=float, default=0.0, help='of the spectral loss, in stage gan')
    p.add_argument('--texture-weight', type=float, default=0.5, help='of the texture loss of inpainting, in stage gan')
    p.add_argument('--teacher', type=Path, help='weights or bundle of a residual-shifting ×4 network')
    p.add_argument('--teacher-steps', type=int, default=4, help='sampling steps of the teacher')
    p.add_argument('--distill-weight', type=float, default=0.0, help="share of the teacher's output in the training target, 0 … 1")
    p.add_argument('--matching-weight', type=float, default=0.0, help='of the distribution-matching loss against the teacher, in stage gan')
    p.add_argument('--one-step-network', action='store_true', help='train a OneStepNetwork, with --width and --condition-blocks')
    p.add_argument('--width', type=int, default=64, help='channels of the network')
    p.add_argument('--condition-blocks', type=int, default=7)
    p.add_argument('--denoise-blocks', type=int, default=3)
    p.add_argument('--finish', type=int, default=32, help='channels of the second upsampling stage; 0 for none')
    p.add_argument('--scale', type=int, default=4, help='output side ÷ source side')
    p.add_argument('--pixel-unshuffle-factor', type=int, default=1, help='how much coarser than the source the grid of the network is')
    p.add_argument('--process', choices=sorted(PROCESSES), default='resshift', help='the diffusion process to train for')
    p.add_argument('--task', choices=['upscale', 'inpaint'], default='upscale')
    p.add_argument('--log-every', type=int, default=50, help='steps between lines of the log')
    p.add_argument('--validate-every', type=int, default=500, help='steps between validations; a multiple of --log-every')
    p.add_argument('--checkpoint-every', type=int, default=200, help='steps between checkpoints')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--device', default='cpu')
    p.add_argument('--fp32', action='store_true', help='float32 instead of bf16')
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args(arguments)
    if a.scenes and not a.images:
        p.error('--scenes needs --images, the folder that the scenes were rendered from')
    if (a.distill_weight or a.matching_weight) and not a.teacher:
        p.error('--distill-weight and --matching-weight need a --teacher')
    return a


if __name__ == '__main__':
    run(parse_arguments())
