"""Trains one stage of the network of x4-live, x4, x2 or restore, and goes on to the step where it was stopped.

PYTHONPATH=models/workshop python train.py --run RUN --shards SHARDS … --weights LPIPS [--init WEIGHTS.pt] [--steps N] …

LPIPS is a folder with the files of `perceptual.py convert`. The folder RUN gets last.pt (to go on), net-STEP.pt every --keep
steps (moving average, for judge.py and workshop.exporters.embedded), log.csv, and the file `done` at the end.
"""
import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from perceptual import Lpips
from workshop.data.shard_dataset import to_tensor
from workshop.nets import checkpoint
from workshop.nets.network import build_network, upsample_bicubic
from workshop.training.detail_loss import added_loss, detail_loss
from workshop.training.diffusion import PROCESSES
from workshop.training.discriminator import Discriminator, discriminator_loss, generator_loss
from workshop.training.spectral_loss import spectral_loss

WARMUP = 50  # steps, of the rate; the discriminator's verdict counts from there on


def channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


def charbonnier(a, b):
    return torch.sqrt((a - b) ** 2 + 1e-6).mean()


def halo_loss(out, truth, window: int = 7, free: float = 0.03):
    """How far the output leaves the range of the truth inside the window around a pixel: halos, light and dark."""
    highest = F.max_pool2d(truth, window, 1, window // 2)
    lowest = -F.max_pool2d(-truth, window, 1, window // 2)
    return (F.relu(out - highest - free) + F.relu(lowest - out - free)).mean()


class Pairs:
    """Draws crops from the shards of several folders, `films` among them; `rescan` finds new ones."""

    def __init__(self, folders: list[Path], films: list[Path]):
        self.folders, self.films, self.shards, self.files = [*folders, *films], films, [], []
        self.rescan()

    def rescan(self):
        for folder in self.folders:
            for file in sorted(folder.glob('*.npy')):
                if file not in self.files:
                    self.files.append(file)
                    self.shards.append(np.load(file, mmap_mode='r'))

    def batch(self, count: int, crop: int, rng):
        """Ground truths and sources, float in [-1, 1], [n, 3, h, w], and which of them are of films, bool [n]."""
        pairs, of_films = [], []
        for _ in range(count):
            number = rng.integers(len(self.shards))
            shard = self.shards[number]
            of_films.append(self.files[number].parent in self.films)
            i = rng.integers(len(shard))
            hr_side, lr_side = shard['hr'].shape[2], shard['lr'].shape[2]
            scale = hr_side // lr_side
            small = crop // scale
            y, x = rng.integers(lr_side - small + 1, size=2)
            hr = shard['hr'][i, 0][scale * y:scale * y + crop, scale * x:scale * x + crop]
            lr = shard['lr'][i, 0][y:y + small, x:x + small]
            if rng.random() < 0.5:
                hr, lr = hr[:, ::-1], lr[:, ::-1]
            if rng.random() < 0.5:
                hr, lr = hr.transpose(1, 0, 2), lr.transpose(1, 0, 2)
            pairs.append((hr, lr))
        hr, lr = (channels_last(to_tensor(np.stack(part))) for part in zip(*pairs))
        return hr, lr, torch.tensor(of_films)


class Losses:
    """All terms but the adversarial one."""

    def __init__(self, a):
        self.a = a
        self.lpips = {name: Lpips(a.weights / f'lpips-{name}.pt').to(memory_format=torch.channels_last).requires_grad_(False)
                      for name in ('vgg', 'alex') if getattr(a, name)}

    def __call__(self, out, truth, of_films, rng, share: float = 1.0):
        """The weighted sum, and every term by name. `share`, 0 … 1, is the weight of all terms but the first. Lost detail is charged
        for films only: on the blurred pictures of cameras that would ask for rims."""
        a, terms = self.a, {'truth': charbonnier(out, truth)}
        if share == 0:
            return terms['truth'], terms
        dy, dx = rng.integers(a.jitter + 1, size=2)  # LPIPS sees another offset each time, or else it makes a grid
        if a.spectrum:
            terms['spectrum'] = spectral_loss(out, truth)
        if a.halo:
            terms['halo'] = halo_loss(out, truth)
        if a.added:
            terms['added'] = added_loss(out, truth)
        if a.detail and of_films.any():
            terms['detail'] = detail_loss(out[of_films], truth[of_films])
        side = a.crop - a.jitter
        for name, lpips in self.lpips.items():
            items = a.vgg_items if name == 'vgg' else a.batch
            x, t = (channels_last(v[:items, :, dy:dy + side, dx:dx + side]) for v in (out, truth))
            with torch.autocast('cpu', torch.bfloat16, enabled=a.bf16):
                with torch.no_grad():
                    features = lpips.features(t)
                found = lpips.features(x)
            terms[name] = lpips.between(*([layer.float() for layer in layers] for layers in (found, features))).mean()
        weights = {name: getattr(a, name) * (1 if name == 'truth' else share) for name in terms}
        return sum(weights[name] * term for name, term in terms.items()), terms


class Training:
    """Network, moving average, optimisers and randomness of a run."""

    def __init__(self, a):
        self.a, self.step, self.rng = a, 0, np.random.default_rng(a.seed)
        file = a.run / 'last.pt'
        last = checkpoint.load(file) if file.exists() else None
        start = last or (checkpoint.load(a.init) if a.init else None)
        self.settings = start['settings'] if start else new_settings(a)
        self.process_name = 'onestep' if self.settings.get('one_step') else 'resshift'
        self.process = PROCESSES[self.process_name](self.rng)
        net = build_network(self.settings)
        if start:
            net.load_state_dict({name: value.float() for name, value in start['net' if last else 'ema'].items()})
        self.net = net.to(memory_format=torch.channels_last)
        self.ema = {name: value.clone() for name, value in (last['ema'] if last else net.state_dict()).items()}
        self.optimizer = torch.optim.AdamW(net.parameters(), a.lr, betas=(0.9, 0.99), weight_decay=1e-4)
        self.discriminator = self.discriminator_optimizer = None
        if a.gan:
            self.discriminator = Discriminator(48).to(memory_format=torch.channels_last)
            self.discriminator_optimizer = torch.optim.AdamW(self.discriminator.parameters(), a.lr, betas=(0.5, 0.99))
        if last:
            self._resume(last)
        self.losses, self.pairs = Losses(a), Pairs(a.shards, a.films)

    def _resume(self, last: dict):
        self.step = last['step']
        self.optimizer.load_state_dict(last['generator_optimizer'])
        self.rng.bit_generator.state = last['rng']
        torch.set_rng_state(last['torch'])
        if self.discriminator and last.get('discriminator'):
            self.discriminator.load_state_dict(last['discriminator'])
            self.discriminator_optimizer.load_state_dict(last['discriminator_optimizer'])

    def save(self, final: bool = False):
        ema = {name: value.detach().clone().contiguous() for name, value in self.ema.items()}
        weights = {'settings': self.settings, 'process': self.process_name, 'ema': ema, 'step': self.step}
        if final or self.step % self.a.keep == 0:
            checkpoint.save(weights, self.a.run / f'net-{self.step}.pt')
        state = {**weights, 'net': self.net.state_dict(), 'generator_optimizer': self.optimizer.state_dict(),
                 'rng': self.rng.bit_generator.state, 'torch': torch.get_rng_state()}
        if self.discriminator:
            state['discriminator'] = self.discriminator.state_dict()
            state['discriminator_optimizer'] = self.discriminator_optimizer.state_dict()
        checkpoint.save(state, self.a.run / 'last.pt')

    def set_rate(self):
        """Rises over the first steps, is constant for half of the stage and then falls in a line to `end` of it."""
        falling = max(0.0, (self.step / self.a.steps - 0.5) / 0.5)
        rate = self.a.lr * min(1, (self.step + 1) / WARMUP) * (1 - (1 - self.a.end) * falling)
        for optimizer in filter(None, (self.optimizer, self.discriminator_optimizer)):
            for group in optimizer.param_groups:
                group['lr'] = rate

    def forward(self):
        """Output, ground truth, upscaled source and which are of films, of a new batch. A network of several steps is trained on the states that its
        own sampler reaches; `process.detail_weight` says then how much detail is asked of this step."""
        truth, lq, of_films = self.pairs.batch(self.a.batch, self.a.crop, self.rng)
        y, cond = upsample_bicubic(lq, self.net.scale), self.net.condition(lq)

        def predict(x, level):
            return self.net.denoise(channels_last(x), cond, torch.full((len(lq),), level + 1, dtype=torch.long), y)

        if self.process_name == 'onestep':
            return self.net.denoise(y, cond, torch.ones(len(lq), dtype=torch.long), y), truth, y, of_films
        return self.process.rollout(y, predict), truth, y, of_films

    def train_step(self) -> dict[str, float]:
        self.set_rate()
        out, truth, y, of_films = self.forward()
        share = self.process.detail_weight
        loss, terms = self.losses(out, truth, of_films, self.rng, share)
        if self.discriminator and share and self.step >= WARMUP:
            self.discriminator.requires_grad_(False)
            loss = loss + share * self.a.gan * generator_loss(self.discriminator(channels_last(out), channels_last(y)))
            self.discriminator.requires_grad_(True)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        if self.discriminator:
            terms['discriminator'] = self._train_discriminator(truth, out.detach(), y)
        self.step += 1
        self._update_ema()
        return {name: term.item() for name, term in terms.items()}

    def _train_discriminator(self, truth, out, y):
        loss = discriminator_loss(self.discriminator(truth, y), self.discriminator(out, y))
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator_optimizer.step()
        return loss

    @torch.no_grad()
    def _update_ema(self):
        kept = min(self.a.ema, self.step / (self.step + 10))
        for name, value in self.net.state_dict().items():
            self.ema[name].lerp_(value, 1 - kept)

    def run(self):
        began, first, sums = time.time(), self.step, {}
        while self.step < self.a.steps:
            while self.a.pause and self.a.pause.exists():
                time.sleep(5)
            for name, value in self.train_step().items():
                sums.setdefault(name, []).append(value)
            if self.step % 25 == 0:
                means = ','.join(f'{name}={np.mean(values):.4f}' for name, values in sums.items())
                self._log(f'{self.step},{(time.time() - began) / (self.step - first):.2f}s,{means}')
                sums = {}
            if self.step % 50 == 0 or self.step % self.a.keep == 0:
                self.save()
            if self.step % 50 == 0:
                self.pairs.rescan()
        self.save(final=True)
        (self.a.run / 'done').write_text(str(self.step))

    def _log(self, text: str):
        print(text, flush=True)
        with open(self.a.run / 'log.csv', 'a') as log:
            log.write(text + '\n')


def new_settings(a) -> dict:
    """Of a network with random weights: the one step of `x4-live`, or the four of `x4`, `x2` and `restore`."""
    if a.process == 'onestep':
        return dict(one_step=True, width=a.width, blocks=a.blocks, scale=a.scale)
    return dict(width=a.width, condition_blocks=a.blocks, denoise_blocks=3, finish=32, steps=4, scale=a.scale,
                pixel_unshuffle_factor=4 // a.scale)


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--run', type=Path, required=True, help='folder of this stage')
    p.add_argument('--shards', type=Path, nargs='+', required=True, help='folders of make_pairs.py')
    p.add_argument('--films', type=Path, nargs='*', default=[], help='more folders, made with --film: lost detail is charged here only')
    p.add_argument('--weights', type=Path, required=True, help='folder with lpips-vgg.pt and lpips-alex.pt')
    p.add_argument('--init', type=Path, help='weights to start from; random ones by default')
    p.add_argument('--process', choices=('onestep', 'resshift'), default='onestep', help='of a network with random weights')
    p.add_argument('--scale', type=int, default=4, choices=(4, 2, 1), help='of a network with random weights')
    p.add_argument('--width', type=int, default=32, help='of a network with random weights')
    p.add_argument('--blocks', type=int, default=5, help='of a network with random weights')
    p.add_argument('--steps', type=int, default=600)
    p.add_argument('--keep', type=int, default=300, help='steps from one net-STEP.pt to the next')
    p.add_argument('--batch', type=int, default=4)
    p.add_argument('--crop', type=int, default=128, help='side in pixels of the ground truth')
    p.add_argument('--lr', type=float, default=4e-4)
    p.add_argument('--end', type=float, default=0.05, help='share of --lr at the last step')
    p.add_argument('--ema', type=float, default=0.995, help='decay of the moving average')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--jitter', type=int, default=15, help='largest offset in pixels of what LPIPS sees')
    p.add_argument('--vgg-items', type=int, default=2, help='crops of the batch that VGG sees; AlexNet sees all')
    p.add_argument('--bf16', action='store_true', help='LPIPS in bfloat16: almost twice as fast on processors with AVX512-BF16 or AMX')
    p.add_argument('--pause', type=Path, help='the training waits while this file exists')
    for name, weight, what in (('truth', 0.5, 'Charbonnier'), ('vgg', 1.0, 'LPIPS of VGG16'), ('alex', 0.5, 'LPIPS of AlexNet'),
                               ('spectrum', 0.02, 'power spectrum'), ('halo', 0.0, 'halos'), ('detail', 0.0, 'detail that films lose'),
                               ('added', 0.0, 'detail that the truth has not'), ('gan', 0.0, 'discriminator')):
        p.add_argument(f'--{name}', type=float, default=weight, help=f'weight of the loss: {what}')
    return p.parse_args()


def main():
    a = parse_arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    a.run.mkdir(parents=True, exist_ok=True)
    if not (a.run / 'done').exists():
        Training(a).run()


if __name__ == '__main__':
    main()
