"""The state of a training and its one step."""
import numpy as np
import torch
from torch import nn

from ..data.degrade import jpeg
from ..data.inpaint_masks import holes
from ..data.scene_dataset import Scenes
from ..data.shard_dataset import Shards
from ..nets import checkpoint
from ..nets.network import Network, build_network, load_matching_weights, upsample_bicubic
from ..nets.push_pull_fill import PushPullFill
from .diffusion import PROCESSES, ResShift
from .discriminator import Critic, critic_loss, maker_loss
from .distribution_matching import Match
from .spectral_loss import spectrum_loss, texture_loss


class Training:
    """Everything that must survive a stop: weights, their running mean, optimisers, randomness, place in the data."""

    def __init__(self, a):
        self.a = a
        self.device = torch.device(a.device)
        # 1.4 times as fast with bf16 where the CPU has it, up to 3; but in float32 on AVX2 three times as slow.
        self.layout = torch.contiguous_format if a.fp32 and a.device == 'cpu' else torch.channels_last
        self.stages = [part.split(':') for part in a.stages.split(',')]
        self.place = {'number': 0, 'step': 0, 'minutes': 0.0}  # which stage, and when it began
        self.step = 0
        self.minutes = 0.0
        last = a.run / 'last.pt'
        state = checkpoint.load(last) if last.exists() else None
        torch.manual_seed(a.seed)
        self.net = build_network(state['settings'] if state else asked(a))
        if a.init and not state:
            fresh = load_matching_weights(self.net, checkpoint.load_weights(a.init))
            print(f'continued from {a.init.name}; new: {", ".join(fresh) or "nothing"}', flush=True)
        for name, parameter in self.net.named_parameters():  # a fixed part costs no way back
            parameter.requires_grad_(not name.startswith(tuple(a.fix)))
        self.net.to(self.device, memory_format=self.layout)
        self.critic = Critic(a.critic_width).to(self.device, memory_format=self.layout)
        self.mean = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.mean_age = 0
        fused = self.device.type == 'cuda'
        self.maker = torch.optim.AdamW(self.net.parameters(), a.lr, betas=(0.9, 0.99), weight_decay=1e-4, fused=fused)
        self.judge = torch.optim.AdamW(self.critic.parameters(), a.lr, betas=(0.5, 0.99), fused=fused)
        self.rng = np.random.default_rng(a.seed)
        self.process = PROCESSES[a.process](self.rng)
        known = state['shards'] if state else None
        self.data = Scenes(a.scenes, a.pictures, self.net.scale, self.device, known) if a.scenes else Shards(a.shards, known)
        self.teacher = self._teacher(a.teacher) if a.teacher else None
        self.match = Match(self.teacher, self.rng, a.lr) if a.match else None
        if state:
            self._restore(state)
        self._means = [value for value in self.mean.values()]
        self._parts = [value for value in self.net.state_dict().values()]  # the parameters themselves, not copies

    def state(self) -> dict:
        return {'settings': self.net.settings, 'net': self.net.state_dict(), 'ema': self.mean, 'age': self.mean_age,
                'critic': self.critic.state_dict(), 'maker': self.maker.state_dict(),
                'judge': self.judge.state_dict(), 'step': self.step, 'minutes': self.minutes, 'place': self.place,
                'rng': self.rng.bit_generator.state, 'torch': torch.get_rng_state(),
                'cuda': torch.cuda.get_rng_state_all() if self.device.type == 'cuda' else None,
                'shards': self.data.names, 'match': self.match.state() if self.match else None}

    def _restore(self, state):
        self.net.load_state_dict(state['net'])
        self.critic.load_state_dict(state['critic'])
        self.maker.load_state_dict(state['maker'])
        self.judge.load_state_dict(state['judge'])
        self.mean = {name: value.to(self.device) for name, value in state['ema'].items()}
        self.mean_age, self.step, self.minutes, self.place = (state[name] for name in ('age', 'step', 'minutes', 'place'))
        self.rng.bit_generator.state = state['rng']
        torch.set_rng_state(state['torch'])
        if state['cuda'] and self.device.type == 'cuda':
            torch.cuda.set_rng_state_all(state['cuda'])
        if self.match:
            self.match.restore(state['match'])

    def _teacher(self, place):
        """A residual-shifting ×4 network that says what it would make of the same source."""
        weights = checkpoint.load_weights(place)
        count = {part: 1 + max(int(name.split('.')[1]) for name in weights if name.startswith(part))
                 for part in ('condition_blocks', 'denoise_blocks')}
        finish = len(weights['finish.second.bias']) if 'finish.second.bias' in weights else 0
        net = Network(width=len(weights['enter.bias']), finish=finish, **count)
        missing = load_matching_weights(net, weights)
        if missing:
            raise SystemExit(f'{place} is no ×4 network of this workshop: {", ".join(missing)} is missing or of another size')
        return net.to(self.device, memory_format=self.layout).eval()

    def stage(self) -> tuple[str, int, float]:
        """Name, step within it, and how much of it is over, 0 … 1. Goes on to the next when it is; the last never ends by itself."""
        name, length = self.stages[self.place['number']]
        steps = self.step - self.place['step']
        over = (self.minutes - self.place['minutes']) / float(length[:-1]) if length.endswith('m') else steps / max(1, int(length))
        if over >= 1 and self.place['number'] + 1 < len(self.stages):
            self.place = {'number': self.place['number'] + 1, 'step': self.step, 'minutes': self.minutes}
            return self.stage()
        return name, steps, min(1.0, over)

    def rate(self) -> float:
        """Up for 200 steps, flat, and over the last fifth of the stage down to a twentieth, where it stays."""
        _, at, over = self.stage()
        return self.a.lr * min(1, (at + 1) / 200) * (1 - 0.95 * max(0.0, (over - 0.8) / 0.2))

    def cast(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=not self.a.fp32)

    def train_step(self) -> dict:
        stage, at, _ = self.stage()
        for optimiser in (self.maker, self.judge):
            for group in optimiser.param_groups:
                group['lr'] = self.rate()
        count = self.a.batch * (2 if stage == 'a' else 1)  # without the walk a step costs half
        x0, given, weight = self.task(*self.data.batch(count, self.rng, self.a.crop), self.rng)
        y = upsample_bicubic(given[0], self.net.scale)
        with self.cast():
            predict = self.predictor(self.net, y, *given)
            out = predict(*self.process.plain(x0, y)) if stage == 'a' else self.process.walked(y, predict)
        loss = record = (torch.sqrt((out - x0) ** 2 + 1e-6) * weight).mean()
        if self.a.distil:
            loss = torch.lerp(record, torch.sqrt((out - self.taught(y, *given)) ** 2 + 1e-6).mean(), self.a.distil)
        detail = self.process.detail if stage == 'gan' else 0.0
        judged, shown = detail > 0, self.laid(self.shown(out, x0, given))
        if judged and at >= 100:  # the critic learns alone first
            self.critic.requires_grad_(False)
            with self.cast():
                loss = loss + detail * self.a.gan * maker_loss(self.critic(shown, self.laid(y)))
            self.critic.requires_grad_(True)
        if judged and self.a.spectrum:
            loss = loss + detail * self.a.spectrum * spectrum_loss(shown, x0)
        if judged and self.net.settings['mask']:
            loss = loss + detail * self.a.texture * texture_loss(shown, x0, given[1] > 0)
        if judged and self.match and at >= 100:
            with self.cast():
                loss = loss + self.a.match * self.match.loss(out, y, *given)
        self.maker.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 0.5)
        self.maker.step()
        found = {'loss': record.detach()}
        if judged and self.match:
            self.match.learn(out.detach(), y, *given, self.cast())
        if judged and (at < 100 or at % self.a.judge_every == 0):
            with self.cast():
                enlarged = self.laid(y)
                verdict = critic_loss(self.critic(x0, enlarged), self.critic(shown.detach(), enlarged))
            self.judge.zero_grad()
            verdict.backward()
            self.judge.step()
            found['critic'] = verdict.detach()
        self.step += 1
        self.mean_age += 1
        torch._foreach_lerp_(self._means, self._parts, 1 - min(0.999, self.mean_age / (self.mean_age + 20)))
        return found

    @torch.no_grad()
    def taught(self, y, *given):
        """What the teacher makes of the same source, with noise of its own: what it makes of the noise is not in the source, and a
        network without noise can only learn the mean."""
        with self.cast():
            return ResShift(self.rng).sample(y, self.predictor(self.teacher, y, *given), self.a.teacher_steps)

    def predictor(self, net, y, *given):
        """x0 of a state, for pictures of which `condition` is computed here and now."""
        cond = net.condition(*given)

        def predict(seen, level):
            level = torch.as_tensor(level, device=self.device).expand(len(y))
            return net.denoise(self.laid(seen.float()), cond, level + 1, y).float()

        return predict

    def task(self, x0, lq, rng):
        """What is to be made; what `condition` is given; the weight of each pixel's error, 1 on the average."""
        x0, lq = self.laid(x0.to(self.device)), self.laid(lq.to(self.device))
        if not self.net.settings['mask']:
            return x0, [lq], torch.ones(1, device=self.device)
        grain = torch.from_numpy(rng.gamma(1, 0.02, (len(x0), 1, 1, 1))).float().to(self.device)
        x0 = (x0 + grain * torch.randn_like(x0)).clamp(-1, 1)  # film has grain, and so must what fills its holes
        x0 = torch.stack([compressed(x, rng) if rng.random() < 0.4 else x for x in x0])
        hole = torch.from_numpy(holes(len(x0), x0.shape[-1], rng))[:, None].to(self.device)
        weight = torch.where(hole, 1.0, 0.02)  # outside of the holes nobody sees what it makes
        mask = torch.where(hole, 1.0, -1.0)
        return x0, [self.laid(PushPullFill()(x0, mask)), mask], weight / weight.mean()

    def shown(self, out, x0, given):
        """What the user will see: of a picture with holes, only what fills them is the network's."""
        return torch.where(given[1] > 0, out, x0) if self.net.settings['mask'] else out

    def weights(self) -> dict:
        """What ships: the running mean only."""
        return {'settings': self.net.settings, 'process': self.a.process, 'ema': self.mean, 'step': self.step}

    def laid(self, x):
        return x.contiguous(memory_format=self.layout)


def asked(a) -> dict:
    """The settings of a new network."""
    if a.quick:
        return dict(one_step=True, width=a.width, blocks=a.condition_blocks, scale=a.scale)
    return dict(width=a.width, condition_blocks=a.condition_blocks, denoise_blocks=a.denoise_blocks, finish=a.finish,
                steps=PROCESSES[a.process].levels, scale=a.scale, pixel_unshuffle_factor=a.fold, mask=a.task == 'inpaint')


def compressed(x, rng):
    """A copy that was a JPEG once; x: [3, h, w] in [-1, 1]."""
    picture = x.permute(1, 2, 0).cpu().numpy() / 2 + 0.5
    packed = jpeg(picture, int(rng.uniform(35, 96)))
    return torch.from_numpy(np.ascontiguousarray(packed)).permute(2, 0, 1).to(x) * 2 - 1
