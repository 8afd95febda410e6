"""python -m workshop.train --shards SHARDS --run RUN [--held SHARDS] [--init WEIGHTS.pt] [--minutes M]
[--stages a:2000,b:8000,gan:30000]

a    plain residual shifting: a random step of the forward process, predict x0, Charbonnier
b    the sampler is walked from x_T with the current weights, and the step trains on the state it really reaches
gan  b with an adversarial term

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
import torch.nn.functional as F
from torch import nn

from . import checkpoint
from .critic import Critic, critic_loss, maker_loss
from .net import Net, continued, up
from .sample import sample
from .schedule import T, etas as schedule, scaled, shifted, started, stepped, tensor
from .sheet import curve, sample_sheet
from .shards import Shards, picture

COLUMNS = ['step', 'stage', 'minutes', 'loss', 'critic', 'gain_1', 'gain_4', 'detail_1', 'detail_4']


class Training:
    """Everything that must survive a stop: weights, their running mean, optimisers, randomness, place in the data."""

    def __init__(self, a):
        self.a = a
        self.device = torch.device(a.device)
        self.stages = [(name, int(steps)) for name, steps in (part.split(':') for part in a.stages.split(','))]
        self.etas = schedule()
        self.step = 0
        self.minutes = 0.0
        last = a.run / 'last.pt'
        state = checkpoint.load(last) if last.exists() else None
        torch.manual_seed(a.seed)
        settings = state['settings'] if state else dict(width=a.width, condition_blocks=a.condition_blocks,
                                                        denoise_blocks=a.denoise_blocks, finish=a.finish, steps=T,
                                                        scale=a.scale)
        self.net = Net(**settings)
        if a.init and not state:
            fresh = continued(self.net, checkpoint.load(a.init)['ema'])
            print(f'continued from {a.init.name}; new: {", ".join(fresh) or "nothing"}', flush=True)
        self.net.to(self.device, memory_format=torch.channels_last)
        self.critic = Critic().to(self.device, memory_format=torch.channels_last)
        self.mean = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.mean_age = 0
        self.maker = torch.optim.AdamW(self.net.parameters(), a.lr, betas=(0.9, 0.99), weight_decay=1e-4)
        self.judge = torch.optim.AdamW(self.critic.parameters(), a.lr, betas=(0.5, 0.99))
        self.rng = np.random.default_rng(a.seed)
        self.shards = Shards(a.shards, state['shards'] if state else None)
        if state:
            self._restore(state)

    def state(self) -> dict:
        return {'settings': self.net.settings, 'net': self.net.state_dict(), 'ema': self.mean, 'age': self.mean_age,
                'critic': self.critic.state_dict(), 'maker': self.maker.state_dict(),
                'judge': self.judge.state_dict(), 'step': self.step, 'minutes': self.minutes,
                'rng': self.rng.bit_generator.state, 'torch': torch.get_rng_state(),
                'cuda': torch.cuda.get_rng_state_all() if self.device.type == 'cuda' else None,
                'shards': self.shards.names}

    def _restore(self, state):
        self.net.load_state_dict(state['net'])
        self.critic.load_state_dict(state['critic'])
        self.maker.load_state_dict(state['maker'])
        self.judge.load_state_dict(state['judge'])
        self.mean = {name: value.to(self.device) for name, value in state['ema'].items()}
        self.mean_age, self.step, self.minutes = state['age'], state['step'], state['minutes']
        self.rng.bit_generator.state = state['rng']
        torch.set_rng_state(state['torch'])
        if state['cuda'] and self.device.type == 'cuda':
            torch.cuda.set_rng_state_all(state['cuda'])

    def stage(self) -> tuple[str, int, int]:
        """Name, step within it, its length. The last one never ends by itself."""
        at = self.step
        for name, length in self.stages[:-1]:
            if at < length:
                return name, at, length
            at -= length
        return self.stages[-1][0], at, self.stages[-1][1]

    def rate(self) -> float:
        """Up for 200 steps, flat, and over the last fifth of the stage down to a twentieth, where it stays."""
        _, at, length = self.stage()
        down = min(1.0, max(0.0, (at / max(1, length) - 0.8) / 0.2))
        return self.a.lr * min(1, (at + 1) / 200) * (1 - 0.95 * down)

    def cast(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=not self.a.fp32)

    def train_step(self) -> dict:
        stage, at, _ = self.stage()
        for optimiser in (self.maker, self.judge):
            for group in optimiser.param_groups:
                group['lr'] = self.rate()
        count = self.a.batch * (2 if stage == 'a' else 1)  # without the walk a step costs half
        x0, lq = (_last(p.to(self.device)) for p in self.shards.batch(count, self.rng))
        y = up(lq, self.net.scale)
        with self.cast():
            cond = self.net.condition(lq)
            out = self._plain(x0, y, cond) if stage == 'a' else self._walked(y, cond)
        loss = record = torch.sqrt((out - x0) ** 2 + 1e-6).mean()
        judged = stage == 'gan'
        if judged and at >= 100:  # the critic learns alone first
            self.critic.requires_grad_(False)
            with self.cast():
                loss = record + self.a.gan * maker_loss(self.critic(_last(out), _last(y)))
            self.critic.requires_grad_(True)
        self.maker.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 0.5)
        self.maker.step()
        found = {'loss': record.item()}
        if judged:
            with self.cast():
                verdict = critic_loss(self.critic(x0, _last(y)), self.critic(_last(out.detach()), _last(y)))
            self.judge.zero_grad()
            verdict.backward()
            self.judge.step()
            found['critic'] = verdict.item()
        self.step += 1
        self.mean_age += 1
        with torch.no_grad():
            for name, value in self.net.state_dict().items():
                self.mean[name].lerp_(value, 1 - min(0.999, self.mean_age / (self.mean_age + 20)))
        return found

    def _plain(self, x0, y, cond):
        t = torch.randint(0, T, (len(x0),), device=self.device)
        eta = tensor(self.etas, self.device)[t][:, None, None, None]
        x = shifted(x0, y, eta, torch.randn_like(x0))
        return self.net.denoise(_last(scaled(x, eta)), cond, t + 1, y).float()

    def _walked(self, y, cond):
        """One goal per batch, so that nobody walks further than needed. The first step is the one that every user
        takes, the last the one that everybody sees."""
        goal = int(self.rng.choice([T - 1, 0, 1, 2], p=[0.4, 0.3, 0.15, 0.15]))
        x = started(y, torch.randn_like(y), self.etas[-1])
        for t in range(T - 1, goal, -1):
            with torch.no_grad():
                x0 = self._denoised(x, cond, t, y)
                x = stepped(x, x0, self.etas[t], self.etas[t - 1], torch.randn_like(x))
        return self._denoised(x, cond, goal, y)

    def _denoised(self, x, cond, t, y):
        step = torch.full((len(y),), t + 1, device=self.device)
        return self.net.denoise(_last(scaled(x, self.etas[t])), cond, step, y).float()

    def weights(self) -> dict:
        """What ships: the running mean only."""
        return {'settings': self.net.settings, 'ema': self.mean, 'step': self.step}


def validate(training: Training, held: Path, count: int = 24):
    """dB over bicubic and share of the truth's detail on photographs that never trained; and the sample sheet."""
    pairs = np.concatenate([np.load(f) for f in sorted(held.glob('*.npy'))])[:count]
    hr, lq = picture(pairs['hr'][:, 0]), picture(pairs['lr'][:, 0])
    net = Net(**training.net.settings)
    net.load_state_dict(training.mean)
    net.to(training.device).eval()
    y = up(lq, net.scale)
    figures, columns = {}, [y]
    for steps in (1, T):
        generator = torch.Generator(training.device).manual_seed(1)
        with training.cast():
            out = torch.cat([sample(net, _last(part.to(training.device)), training.etas, steps, generator).cpu()
                             for part in lq.split(8)]).clamp(-1, 1)
        figures[f'gain_{steps}'] = (_psnr(out, hr) - _psnr(y.clamp(-1, 1), hr)).mean().item()
        figures[f'detail_{steps}'] = (_detail(out) / _detail(hr)).item()
        columns.append(out)
    sample_sheet([c[:8] for c in [*columns, hr]], training.a.run / 'samples' / f'{training.step:07}.png')
    return figures


def _psnr(a, b):
    return -10 * torch.log10(((a - b) / 2).pow(2).mean((1, 2, 3)) + 1e-10)


def _detail(x):
    kernel = torch.tensor([[0., 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    return F.conv2d(x.float().mean(1, keepdim=True), kernel).abs().mean()


def _last(x):
    return x.contiguous(memory_format=torch.channels_last)  # 1.4 times as fast on a CPU, with bf16 up to 3


def paused(switch: Path | None) -> bool:
    return switch is not None and any(switch.parent.glob(switch.name + '*'))


def run(a):
    torch.set_num_threads(a.threads)
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
            training.shards.look_again()
            checkpoint.save(training.state(), a.run / 'last.pt')
            checkpoint.save(training.weights(), a.run / 'weights.pt')
    checkpoint.save(training.state(), a.run / 'last.pt')
    checkpoint.save(training.weights(), a.run / 'weights.pt')


def _note(training, losses, log):
    a = training.a
    row = {'step': training.step, 'stage': training.stage()[0], 'minutes': f'{training.minutes:.1f}'}
    for name in ('loss', 'critic'):
        values = [found[name] for found in losses if name in found]
        row[name] = f'{np.mean(values):.5f}' if values else ''
    if a.held and training.step % a.validate == 0:
        row |= {name: f'{value:.3f}' for name, value in validate(training, a.held).items()}
    with open(log, 'a', newline='') as out:
        csv.DictWriter(out, COLUMNS, restval='').writerow(row)
    print(' '.join(f'{name} {value}' for name, value in row.items() if value != ''), flush=True)
    curve(log, a.run / 'curve.png')


def arguments(given=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--shards', type=Path, required=True)
    p.add_argument('--run', type=Path, required=True, help='folder for checkpoints, log and sheets')
    p.add_argument('--held', type=Path, help='shards of held-out photographs')
    p.add_argument('--init', type=Path, help='weights to start from, when the run is new')
    p.add_argument('--pause', type=Path, help='while PAUSE or PAUSE-anything exists the trainer sleeps')
    p.add_argument('--minutes', type=float, default=float('inf'))
    p.add_argument('--steps', type=int, default=10 ** 9, help='stop at this step')
    p.add_argument('--stages', default='a:2000,b:8000,gan:30000')
    p.add_argument('--batch', type=int, default=8, help='pictures per step; stage a takes twice as many')
    p.add_argument('--lr', type=float, default=4e-4)
    p.add_argument('--gan', type=float, default=0.02, help='weight of the adversarial term')
    p.add_argument('--width', type=int, default=64)
    p.add_argument('--condition-blocks', type=int, default=7)
    p.add_argument('--denoise-blocks', type=int, default=3)
    p.add_argument('--finish', type=int, default=32)
    p.add_argument('--scale', type=int, default=4)
    p.add_argument('--look', type=int, default=50, help='steps between lines of the log')
    p.add_argument('--validate', type=int, default=500, help='steps between sample sheets; a multiple of --look')
    p.add_argument('--keep', type=int, default=200, help='steps between checkpoints')
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--device', default='cpu')
    p.add_argument('--fp32', action='store_true')
    p.add_argument('--seed', type=int, default=0)
    return p.parse_args(given)


if __name__ == '__main__':
    run(arguments())
