"""The state of a training, and one training step."""
import numpy as np
import torch
from torch import nn

from ..data.degrade import jpeg
from ..data.inpaint_masks import random_masks
from ..data.scene_dataset import SceneDataset
from ..data.shard_dataset import ShardDataset
from ..nets import checkpoint
from ..nets.network import Network, build_network, load_matching_weights, upsample_bicubic
from ..nets.push_pull_fill import PushPullFill
from .diffusion import PROCESSES, ResShift
from .discriminator import Discriminator, discriminator_loss, generator_loss
from .distribution_matching import DistributionMatching
from .spectral_loss import spectral_loss, texture_loss


class Trainer:
    """Everything that a resumed training needs: weights, their moving average, optimizers, random states, the list of data files."""

    def __init__(self, a):
        """a: the options of train.py. Resumes from `last.pt` in the folder of the run, if there is one."""
        self.a = a
        self.device = torch.device(a.device)
        # channels_last is 1.4 to 3 times as fast with bf16 where the CPU has it, but a third as fast in float32 on AVX2.
        self.memory_format = torch.contiguous_format if a.fp32 and a.device == 'cpu' else torch.channels_last
        self.stages = [part.split(':') for part in a.stages.split(',')]
        self.stage_start = {'number': 0, 'step': 0, 'minutes': 0.0}  # the current stage, and when it started
        self.step = 0
        self.minutes = 0.0
        last = a.run / 'last.pt'
        state = checkpoint.load(last) if last.exists() else None
        torch.manual_seed(a.seed)
        self.net = build_network(state['settings'] if state else network_settings(a))
        if a.init and not state:
            new = load_matching_weights(self.net, checkpoint.load_weights(a.init))
            print(f'initialised from {a.init.name}; not in it: {", ".join(new) or "nothing"}', flush=True)
        for name, parameter in self.net.named_parameters():
            parameter.requires_grad_(not name.startswith(tuple(a.freeze)))
        self.net.to(self.device, memory_format=self.memory_format)
        self.discriminator = Discriminator(a.discriminator_width).to(self.device, memory_format=self.memory_format)
        self.ema = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.ema_steps = 0
        fused = self.device.type == 'cuda'
        self.generator_optimizer = torch.optim.AdamW(self.net.parameters(), a.lr, betas=(0.9, 0.99), weight_decay=1e-4, fused=fused)
        self.discriminator_optimizer = torch.optim.AdamW(self.discriminator.parameters(), a.lr, betas=(0.5, 0.99), fused=fused)
        self.rng = np.random.default_rng(a.seed)
        self.process = PROCESSES[a.process](self.rng)
        files = state['data_files'] if state else None
        self.data = (SceneDataset(a.scenes, a.images, self.net.scale, self.device, files) if a.scenes
                     else ShardDataset(a.shards, files))
        self.teacher = self._load_teacher(a.teacher) if a.teacher else None
        self.distribution_matching = DistributionMatching(self.teacher, self.rng, a.lr) if a.matching_weight else None
        if state:
            self._restore(state)
        self._ema_tensors = list(self.ema.values())
        self._net_tensors = list(self.net.state_dict().values())  # the parameters themselves, not copies

    def state(self) -> dict:
        return {'settings': self.net.settings, 'net': self.net.state_dict(), 'ema': self.ema, 'ema_steps': self.ema_steps,
                'discriminator': self.discriminator.state_dict(),
                'generator_optimizer': self.generator_optimizer.state_dict(),
                'discriminator_optimizer': self.discriminator_optimizer.state_dict(),
                'step': self.step, 'minutes': self.minutes, 'stage_start': self.stage_start,
                'rng': self.rng.bit_generator.state, 'torch': torch.get_rng_state(),
                'cuda': torch.cuda.get_rng_state_all() if self.device.type == 'cuda' else None, 'data_files': self.data.files,
                'distribution_matching': self.distribution_matching.state() if self.distribution_matching else None}

    def _restore(self, state):
        self.net.load_state_dict(state['net'])
        self.discriminator.load_state_dict(state['discriminator'])
        self.generator_optimizer.load_state_dict(state['generator_optimizer'])
        self.discriminator_optimizer.load_state_dict(state['discriminator_optimizer'])
        self.ema = {name: value.to(self.device) for name, value in state['ema'].items()}
        self.ema_steps, self.stage_start = state['ema_steps'], state['stage_start']
        self.step, self.minutes = state['step'], state['minutes']
        self.rng.bit_generator.state = state['rng']
        torch.set_rng_state(state['torch'])
        if state['cuda'] and self.device.type == 'cuda':
            torch.cuda.set_rng_state_all(state['cuda'])
        if self.distribution_matching:
            self.distribution_matching.restore(state['distribution_matching'])

    def _load_teacher(self, path):
        """A residual-shifting ×4 network; its size is found from its weights."""
        weights = checkpoint.load_weights(path)
        blocks = {part: 1 + max(int(name.split('.')[1]) for name in weights if name.startswith(part))
                  for part in ('condition_blocks', 'denoise_blocks')}
        finish = len(weights['finish.second.bias']) if 'finish.second.bias' in weights else 0
        net = Network(width=len(weights['enter.bias']), finish=finish, **blocks)
        missing = load_matching_weights(net, weights)
        if missing:
            raise SystemExit(f'{path} is not a ×4 network of this workshop: {", ".join(missing)} is missing or has another shape')
        return net.to(self.device, memory_format=self.memory_format).eval()

    def stage(self) -> tuple[str, int, float]:
        """Name, step within the stage, and the completed share of it, 0 … 1. Moves to the next stage when one is complete; the
        last stage has no end."""
        name, length = self.stages[self.stage_start['number']]
        steps, minutes = self.step - self.stage_start['step'], self.minutes - self.stage_start['minutes']
        completed = minutes / float(length[:-1]) if length.endswith('m') else steps / max(1, int(length))
        if completed >= 1 and self.stage_start['number'] + 1 < len(self.stages):
            self.stage_start = {'number': self.stage_start['number'] + 1, 'step': self.step, 'minutes': self.minutes}
            return self.stage()
        return name, steps, min(1.0, completed)

    def learning_rate(self) -> float:
        """200 steps of warm-up, then constant, then linear to a twentieth over the last fifth of the stage."""
        _, step, completed = self.stage()
        return self.a.lr * min(1, (step + 1) / 200) * (1 - 0.95 * max(0.0, (completed - 0.8) / 0.2))

    def autocast(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=not self.a.fp32)

    def train_step(self) -> dict:
        """One step of the network and, in stage gan, of the discriminator. Returns the losses to log."""
        stage, stage_step, _ = self.stage()
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            for group in optimizer.param_groups:
                group['lr'] = self.learning_rate()
        count = self.a.batch * (2 if stage == 'a' else 1)  # without rollouts a step costs half
        x0, inputs, weight = self.prepare_batch(*self.data.batch(count, self.rng, self.a.crop), self.rng)
        y = upsample_bicubic(inputs[0], self.net.scale)
        with self.autocast():
            predict = self.predictor(self.net, y, *inputs)
            out = predict(*self.process.training_input(x0, y)) if stage == 'a' else self.process.rollout(y, predict)
        loss = reconstruction = (torch.sqrt((out - x0) ** 2 + 1e-6) * weight).mean()
        if self.a.distill_weight:
            distillation = torch.sqrt((out - self.teacher_prediction(y, *inputs)) ** 2 + 1e-6).mean()
            loss = torch.lerp(reconstruction, distillation, self.a.distill_weight)
        detail = self.process.detail_weight if stage == 'gan' else 0.0
        adversarial, visible = detail > 0, self.to_memory_format(self.visible_output(out, x0, inputs))
        if adversarial and stage_step >= 100:  # the discriminator gets a head start of 100 steps
            self.discriminator.requires_grad_(False)
            with self.autocast():
                loss = loss + detail * self.a.gan_weight * generator_loss(self.discriminator(visible, self.to_memory_format(y)))
            self.discriminator.requires_grad_(True)
        if adversarial and self.a.spectral_weight:
            loss = loss + detail * self.a.spectral_weight * spectral_loss(visible, x0)
        if adversarial and self.net.settings['mask']:
            loss = loss + detail * self.a.texture_weight * texture_loss(visible, x0, inputs[1] > 0)
        if adversarial and self.distribution_matching and stage_step >= 100:
            with self.autocast():
                loss = loss + self.a.matching_weight * self.distribution_matching.loss(out, y, *inputs)
        self.generator_optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 0.5)
        self.generator_optimizer.step()
        losses = {'loss': reconstruction.detach()}
        if adversarial and self.distribution_matching:
            self.distribution_matching.train_fake_model(out.detach(), y, *inputs, self.autocast())
        if adversarial and (stage_step < 100 or stage_step % self.a.discriminator_every == 0):
            losses['discriminator'] = self._discriminator_step(x0, visible.detach(), y)
        self.step += 1
        self.ema_steps += 1
        torch._foreach_lerp_(self._ema_tensors, self._net_tensors, 1 - min(0.999, self.ema_steps / (self.ema_steps + 20)))
        return losses

    def _discriminator_step(self, x0, generated, y):
        with self.autocast():
            upscaled = self.to_memory_format(y)
            loss = discriminator_loss(self.discriminator(x0, upscaled), self.discriminator(generated, upscaled))
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return loss.detach()

    @torch.no_grad()
    def teacher_prediction(self, y, *inputs):
        """The teacher's output for the same source, with other noise: detail that depends on the noise is not in the source, so
        a network without noise can only learn its mean."""
        with self.autocast():
            return ResShift(self.rng).sample(y, self.predictor(self.teacher, y, *inputs), self.a.teacher_steps)

    def predictor(self, net, y, *inputs):
        """predict(x, level) → x0 of `net`, with its condition computed once. inputs: the arguments of `condition`."""
        cond = net.condition(*inputs)

        def predict(x, level):
            level = torch.as_tensor(level, device=self.device).expand(len(y))
            return net.denoise(self.to_memory_format(x.float()), cond, level + 1, y).float()

        return predict

    def prepare_batch(self, x0, lq, rng):
        """The target, the arguments of `condition`, and the weight of each pixel in the reconstruction loss (mean 1)."""
        x0, lq = self.to_memory_format(x0.to(self.device)), self.to_memory_format(lq.to(self.device))
        if not self.net.settings['mask']:
            return x0, [lq], torch.ones(1, device=self.device)
        grain = torch.from_numpy(rng.gamma(1, 0.02, (len(x0), 1, 1, 1))).float().to(self.device)
        x0 = (x0 + grain * torch.randn_like(x0)).clamp(-1, 1)  # film has grain, so the filled area must have it too
        x0 = torch.stack([jpeg_copy(x, rng) if rng.random() < 0.4 else x for x in x0])
        masked = torch.from_numpy(random_masks(len(x0), x0.shape[-1], rng))[:, None].to(self.device)
        weight = torch.where(masked, 1.0, 0.02)  # the output outside the mask is discarded
        mask = torch.where(masked, 1.0, -1.0)
        return x0, [self.to_memory_format(PushPullFill()(x0, mask)), mask], weight / weight.mean()

    def visible_output(self, out, x0, inputs):
        """The image that the user gets: an inpainting network only changes the masked pixels."""
        return torch.where(inputs[1] > 0, out, x0) if self.net.settings['mask'] else out

    def exported_weights(self) -> dict:
        """The checkpoint that the exporter reads: only the moving average of the weights."""
        return {'settings': self.net.settings, 'process': self.a.process, 'ema': self.ema, 'step': self.step}

    def to_memory_format(self, x):
        return x.contiguous(memory_format=self.memory_format)


def network_settings(a) -> dict:
    """The settings of a new network, from the options of train.py."""
    if a.one_step_network:
        return dict(one_step=True, width=a.width, blocks=a.condition_blocks, scale=a.scale)
    return dict(width=a.width, condition_blocks=a.condition_blocks, denoise_blocks=a.denoise_blocks, finish=a.finish,
                steps=PROCESSES[a.process].levels, scale=a.scale, pixel_unshuffle_factor=a.pixel_unshuffle_factor,
                mask=a.task == 'inpaint')


def jpeg_copy(x, rng):
    """x after JPEG compression; [3, h, w] in [-1, 1]."""
    compressed = jpeg(x.permute(1, 2, 0).cpu().numpy() / 2 + 0.5, int(rng.uniform(35, 96)))
    return torch.from_numpy(np.ascontiguousarray(compressed)).permute(2, 0, 1).to(x) * 2 - 1
