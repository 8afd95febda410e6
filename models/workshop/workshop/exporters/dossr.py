"""DoSSR (arXiv 2409.17778): pre-restoration, condition encoder, ControlNet and UNet in one graph, at the constant official prompt."""
import importlib
import types
import unittest.mock
from pathlib import Path

import numpy as np
import torch

from . import stable_diffusion as sd
from .bundle import BundleWriter
from .common import (
    ExportError,
    check_clone,
    check_packages,
    check_size,
    describe_tiles,
    importing,
    load_checkpoint,
    load_tensors,
    quiet,
    say_needs,
    tensors_of,
)
from .published import Origin, check_sha256, named, notes, origin_of

ADDRESS = 'https://github.com/AMD-AIG-AIMA/DoSSR'
COMMIT = 'f637805'
# model/shift_sampler.py, the default of all samplers; scripts/inference.py never gives another.
PROMPT = 'clean, high-resolution, 8k'
WHAT = 'the checkpoint of DoSSR with --weights (dossr_default.ckpt or dossr_onestep.ckpt)'
# What the two published checkpoints are for (published.py), which names the bundle → their sampling steps.
STEPS = {'dossr': 5, 'dossr-onestep': 1}
# As DOSSR_MAX_STEPS of remaster, which would refuse the finished bundle.
MAX_STEPS = 499
# The only scale that works in the official script; the pre-restoration network upscales by the same factor.
SCALE = 4


def add_arguments(parser):
    _add_weights(parser)
    parser.add_argument('--steps', type=int, help='sampling steps of the bundle; default: 5 for dossr_default.ckpt, 1 for dossr_onestep.ckpt')


def add_check_arguments(parser):
    _add_weights(parser)
    parser.add_argument('--order', type=int, choices=[1, 2, 3], help="of the solver; default: that of the bundle")


def _add_weights(parser):
    parser.add_argument('--weights', type=Path, required=True, help='dossr_default.ckpt or dossr_onestep.ckpt')
    parser.add_argument('--config', type=Path, help="the configuration of your own training; default: configs/model/cldm_v21.yaml of the repository")


def run(args):
    repo = check_clone(args.repo, commit=COMMIT, address=ADDRESS, needs='model/shift_sampler.py', any_commit=args.any_commit)
    check_size(args.size, sd.CELLS // SCALE)
    check_packages('dossr')
    with importing(repo, stub_modules()):
        config = read_config(args, repo)
        _say_needs(args, config)
        weights = origin_of(args.weights)
        check_sha256(weights, args.sha256)
        checkpoint = Checkpoint(args)
        steps = _steps(args)
        doubts = notes([(weights, _name(args))], _doubts(args, steps))
        with BundleWriter(args.out, half=args.fp16, fixed=args.size is not None) as bundle:
            _graphs(bundle, args, config, checkpoint)
            bundle.finish(_manifest(args, steps, weights), _card(args, steps), LICENCE, doubts)
    print(f'{args.out}: {_name(args)}')


def _named(args) -> str | None:
    """Which of the two published checkpoints has the name of --weights."""
    published = named(args.weights.name)
    return published.use if published is not None and published.use in STEPS else None


def _name(args) -> str:
    """By the name of --weights, or for another one by --steps."""
    return _named(args) or ('dossr-onestep' if args.steps == 1 else 'dossr')


def _steps(args) -> int:
    if args.steps is None and _named(args) is None:
        raise ExportError(f'{args.weights.name} is none of the published checkpoints, whose names tell the number of steps',
                          'Give --steps: 5 as for dossr_default.ckpt, 1 as for dossr_onestep.ckpt')
    steps = STEPS[_name(args)] if args.steps is None else args.steps
    if not 1 <= steps <= MAX_STEPS:
        raise ExportError(f'DoSSR takes 1 to {MAX_STEPS} steps, not {steps}', 'Give another number with --steps, or leave it out')
    return steps


def _doubts(args, steps: int) -> list[str]:
    """One of the two checkpoints was trained for one step, and only it gives good images with one."""
    of = STEPS[_name(args)]
    if (of == 1) == (steps == 1):
        return []
    return [f'{args.weights.name} is for {of} step{"" if of == 1 else "s"}, and the bundle takes {steps} because --steps says so.']


class Checkpoint:
    """The tensors of the checkpoint, which contains all networks."""

    def __init__(self, args):
        self.file = args.weights
        self.tensors = tensors_of(load_checkpoint(args.weights, WHAT, trusted=args.trust_checkpoint))

    def load_into(self, module: torch.nn.Module, prefix: str) -> torch.nn.Module:
        load_tensors(module, self.tensors, self.file, WHAT, prefix)
        return module


def read_config(args, repo: Path) -> dict:
    """The parameters of ControlLDM, without gradient checkpointing, whose autograd function cannot be traced."""
    file = args.config or repo / 'configs' / 'model' / 'cldm_v21.yaml'
    if not file.is_file():
        raise ExportError(f'{file} is not there', 'Take the official commit of the clone, or give a file with --config')
    from omegaconf import OmegaConf
    config = OmegaConf.to_container(OmegaConf.load(file), resolve=True)['params']
    for part in ('unet_config', 'control_stage_config'):
        config[part]['params']['use_checkpoint'] = False
    known = {'linear_start': 0.00085, 'linear_end': 0.012, 'timesteps': 1000, 'parameterization': 'eps', 'only_mid_control': False}
    for name, value in known.items():
        if config.get(name, value) != value:
            raise ExportError(f'{file} has {name}: {config[name]}, and bundles of DoSSR know {value} only', "Give the repository's own configuration")
    return config


def build(part: dict) -> torch.nn.Module:
    with quiet(), text_encoder_without_file():
        return importlib.import_module('utils.common').instantiate_from_config(part)


def stub_modules() -> dict:
    """Lightning is imported for the base class of two networks; outside training only its `device` is used."""
    lightning, utilities, distributed = (types.ModuleType(name) for name in (
        'pytorch_lightning', 'pytorch_lightning.utilities', 'pytorch_lightning.utilities.distributed'))
    lightning.LightningModule = LightningModule
    distributed.rank_zero_only = lambda function: function
    return {module.__name__: module for module in (lightning, utilities, distributed)}


class LightningModule(torch.nn.Module):
    @property
    def device(self):
        return next(self.parameters()).device


class text_encoder_without_file:
    """
    The official text encoder is loaded from a path on its authors' machine (ldm/modules/encoders/modules.py:149). Its weights
    are also in the checkpoint, so the network is built without that file, and with a minimal image encoder, which the official
    code deletes.
    """

    def __enter__(self):
        import open_clip

        def create(arch: str, **_options):
            shape = open_clip.get_model_config(arch)
            if shape is None:
                raise ExportError(f'the configuration names a text encoder that open_clip does not have: {arch}', "Give the repository's own configuration")
            shape['vision_cfg']['layers'] = 1
            model = open_clip.CLIP(**shape)
            for block in model.transformer.resblocks:
                # The official code passes the batch as the second dimension; newer releases expect it first.
                block.attn.batch_first = False
            return model, None, None

        self.patch = unittest.mock.patch.object(open_clip, 'create_model_and_transforms', create)
        self.patch.__enter__()

    def __exit__(self, *error):
        self.patch.__exit__(*error)


def _say_needs(args, config: dict):
    with torch.device('meta'):
        counts = {part: sum(p.numel() for p in build(config[f'{part}_config']).parameters())
                  for part in ('unet', 'control_stage', 'first_stage', 'preprocess')}
    # The condition encoder is another half of the autoencoder.
    say_needs(args.out, 'Exporting this model', sd.export_bytes(counts['unet'] + counts['control_stage'], half=args.fp16),
              4 * (sum(counts.values()) + counts['first_stage'] // 2))


class Encode(torch.nn.Module):
    """picture [n, 3, H, W] → mean and standard deviation of the posterior, [n, 4, H/8, W/8] each, scaled for the UNet."""

    def __init__(self, autoencoder, factor: float):
        super().__init__()
        self.autoencoder, self.factor = autoencoder, factor

    def forward(self, picture):
        posterior = self.autoencoder.encode(picture)
        return posterior.mean * self.factor, posterior.std * self.factor


class Condition(torch.nn.Module):
    """picture → the input of ControlNet: the mean of the posterior."""

    def __init__(self, encoder, factor: float):
        super().__init__()
        self.encoder, self.factor = encoder, factor

    def forward(self, picture):
        return self.encoder(picture).chunk(2, 1)[0] * self.factor


class Denoise(torch.nn.Module):
    """x, t, hint, prompt [1, 77, width] → the noise in the parametrisation of DoSSR: x̂₀ = (x - s·out)/a."""

    def __init__(self, control, unet):
        super().__init__()
        self.control, self.unet = control, unet

    def forward(self, x, t, hint, prompt):
        context = prompt.expand(x.shape[0], -1, -1)
        residuals = self.control(x=x, hint=hint, timesteps=t, context=context)
        return self.unet(x=x, timesteps=t, context=context, control=residuals)


class Decode(torch.nn.Module):
    """latent → picture, not clamped, because the colour fix follows."""

    def __init__(self, autoencoder, factor: float):
        super().__init__()
        self.autoencoder, self.factor = autoencoder, factor

    def forward(self, latent):
        return self.autoencoder.decode(latent / self.factor)


def _graphs(bundle: BundleWriter, args, config: dict, checkpoint: Checkpoint):
    """One network after another, so that memory is needed for the largest only."""
    side, factor = args.size or sd.CELLS // SCALE, config['scale_factor']
    lq = sd.example_image(1, side, side) * 0.5 + 0.5
    lq_proof = sd.example_image(2, side, 2 * side) * 0.5 + 0.5

    restore = checkpoint.load_into(build(config['preprocess_config']), 'preprocess_model.')
    bundle.graph('preprocess', restore, {'lq': lq}, ['picture'], proof={'lq': lq_proof}, dynamic=sd.dynamic_axes(lq='source', picture='picture'), range=[0, 1])
    with torch.no_grad():
        view, view_proof = (restore(one).clamp(0, 1) * 2 - 1 for one in (lq, lq_proof))

    autoencoder = checkpoint.load_into(build(config['first_stage_config']), 'first_stage_model.')
    encode, decode = Encode(autoencoder, factor), Decode(autoencoder, factor)
    bundle.graph('encode', encode, {'picture': view}, ['latent', 'deviation'], proof={'picture': view_proof},
                 dynamic=sd.dynamic_axes(picture='picture', latent='latent', deviation='latent'))
    with torch.no_grad():
        x, x_proof = encode(view)[0], encode(view_proof)[0]
    bundle.graph('decode', decode, {'latent': x}, ['picture'], proof={'latent': x_proof}, dynamic=sd.dynamic_axes(latent='latent', picture='picture'))

    # Built from the parts of the autoencoder, like in ControlLDM, but the checkpoint has separate weights for it.
    condition = Condition(torch.nn.Sequential(), factor)
    condition.encoder.add_module('encoder', autoencoder.encoder)
    condition.encoder.add_module('quant_conv', autoencoder.quant_conv)
    checkpoint.load_into(condition.encoder, 'cond_encoder.')
    bundle.graph('condition', condition, {'picture': view}, ['hint'], proof={'picture': view_proof}, dynamic=sd.dynamic_axes(picture='picture', hint='latent'))
    with torch.no_grad():
        hint, hint_proof = condition(view), condition(view_proof)
    del restore, autoencoder, encode, decode, condition

    prompt = prompt_embedding(config, checkpoint)
    bundle.constant('prompt', prompt)
    denoise = Denoise(checkpoint.load_into(build(config['control_stage_config']), 'control_model.'),
                      checkpoint.load_into(build(config['unet_config']), 'model.diffusion_model.'))
    t, t_proof = torch.tensor([100]), torch.tensor([499, 200])[:len(x_proof)]
    axes = {**sd.dynamic_axes(x='latent', hint='latent', out='latent'), 't': {0: 'n'}}
    bundle.graph('denoise', denoise, {'x': x, 't': t, 'hint': hint, 'prompt': prompt}, ['out'], dynamic=axes,
                 proof={'x': x_proof, 't': t_proof, 'hint': hint_proof, 'prompt': prompt})


@torch.no_grad()
def prompt_embedding(config: dict, checkpoint: Checkpoint) -> torch.Tensor:
    """[1, 77, width] of the official prompt, from the text encoder in the checkpoint."""
    encoder = build(config['cond_stage_config'])
    return checkpoint.load_into(encoder, 'cond_stage_model.').encode([PROMPT])


def _manifest(args, steps: int, weights: Origin) -> dict:
    return {
        'name': _name(args),
        'title': f'DoSSR ×4, {steps} step{"" if steps == 1 else "s"}',
        'system': 'dossr',
        'task': 'upscale',
        'scale': SCALE,
        'grid': {'factor': 8, 'channels': 4},
        'schedule': {'order': 3},
        'defaultSteps': steps,
        'start': 'encode',
        'range': [-1, 1],
        'multiple': sd.CELLS // SCALE,
        'tile': sd.tile(args.size, SCALE),
        'colorFix': 'wavelet',
        'licence': {'name': 'none published: all rights reserved', 'url': ADDRESS, 'redistributable': False},
        'source': f'Exported from {args.weights.name} (sha256 {weights.sha256}) with the official code, {ADDRESS} at {COMMIT}; prompt “{PROMPT}”.',
    }


LICENCE = f"""No licence was published with DoSSR's code and weights ({ADDRESS}, commit {COMMIT}), so all
rights are reserved by their authors: do not pass this bundle on, and ask them before any use beyond your own study.
The weights are derived from Stable Diffusion 2.1-base (CreativeML Open RAIL++-M) and Real-ESRGAN (BSD-3-Clause; the
network's code, in the folder esrgan of the repository, is Apache-2.0).
"""


def _card(args, steps: int) -> str:
    return f"""# {_name(args)}

Exported from the official checkpoint {args.weights.name}, trained by the authors of DoSSR (Cui, Liu, Zhang et al.: "Taming
Diffusion Prior for Image Super-Resolution with Domain Shift SDEs", NeurIPS 2024). It was not trained further.

| | |
|---|---|
| Code | {ADDRESS}, commit {COMMIT} |
| Steps | {steps}, solver of order 3; order 1 is recommended for 10 steps or more |
| Prompt | “{PROMPT}”, the official one, the same for all frames |
| Noise | in the encoder, the initial state and every step including the last; the same for every frame |
| Weights | {'float16, with float32 for normalisation, softmax and timestep' if args.fp16 else 'float32'} |
| Colour fix | wavelet, with the colours of the pre-restored image, as in the official code |
| Tiles | {describe_tiles(args.size, sd.CELLS // SCALE)}; the official code has no tiles |

## Licence

**None was published** (LICENSE.txt): do not pass this bundle on.
"""


def compare(ours, args):
    """(stage, official, ours) for every stage of one tile; see `check.py`."""
    repo = check_clone(args.repo, commit=COMMIT, address=ADDRESS, needs='model/shift_sampler.py', any_commit=args.any_commit)
    with importing(repo, stub_modules()):
        stages = run_official(args, repo, ours)
    encoded, conditioned = ours.calls('encode')[0], ours.calls('condition')[0]
    yield 'prompt', stages.prompt, ours.calls('denoise')[0][0]['prompt']
    # The input of `encode`, because the engine clamps the pre-restored image before it.
    yield 'pre-restored source', stages.restored, encoded[0]['picture']
    yield 'encode: mean', stages.mean, encoded[1]['latent']
    yield 'encode: deviation', stages.deviation, encoded[1]['deviation']
    yield 'condition: hint', stages.hint, conditioned[1]['hint']
    for i, (inputs, outputs) in enumerate(ours.calls('denoise')):
        yield f'step {i + 1}: network input', stages.inputs[i], inputs['x']
        yield f'step {i + 1}: network output', stages.outputs[i], outputs['out']
    yield 'latent before decoding', stages.clean, ours.calls('decode')[0][0]['latent']
    yield 'decoded', stages.decoded, ours.calls('decode')[0][1]['picture']
    yield 'image, step by step', stages.image, ours.final
    yield 'image, one graph', stages.image, ours.fused
    yield 'image, truncated', stages.published, ours.fused
    yield 'image, AdaIN', stages.adain, ours.adain


@torch.no_grad()
def run_official(args, repo: Path, ours) -> types.SimpleNamespace:
    """The official sampler on the tile and with the noise of `ours`, called like in scripts/inference.py. Call it inside `importing`."""
    with quiet():
        from model.shift_sampler import SpacedSampler
    model = official_model(args, read_config(args, repo))
    stages = types.SimpleNamespace(inputs=[], outputs=[])
    factor = model.scale_factor

    def moments(_module, _inputs, output):
        mean, log_variance = output.chunk(2, 1)
        stages.mean, stages.deviation = mean * factor, torch.exp(0.5 * log_variance.clamp(-30, 20)) * factor

    def step(_module, _inputs, named, output):
        stages.inputs.append(named['x'])
        stages.outputs.append(output)
        stages.prompt = named['context']

    def hint(_module, _inputs, named):
        stages.hint = named['hint']

    model.first_stage_model.quant_conv.register_forward_hook(moments)
    model.control_model.register_forward_pre_hook(hint, with_kwargs=True)
    model.model.diffusion_model.register_forward_hook(step, with_kwargs=True)
    model.first_stage_model.post_quant_conv.register_forward_pre_hook(lambda _module, inputs: setattr(stages, 'clean', inputs[0] * factor))
    model.first_stage_model.decoder.register_forward_hook(lambda _module, _inputs, output: setattr(stages, 'decoded', output))

    unit = torch.from_numpy(ours.image).permute(2, 0, 1)[None].float() / 255
    start = model.preprocess_model(unit).clamp_(0, 1)
    stages.restored = start * 2 - 1
    noise = {draw: torch.from_numpy(field) for draw, field in ours.noise.items()}
    draws = iter([noise[draw] for draw in range(ours.steps + 1)])
    methods = {1: 'shift_sample_1_order', 2: 'shift_sample_2_order', 3: 'shift_sample_3_order'}
    sample = getattr(SpacedSampler(model, var_type='fixed_small'), methods[args.order or ours.manifest['schedule']['order']])
    with (quiet(), unittest.mock.patch('model.shift_sampler.tqdm', lambda steps, **_options: steps),
          unittest.mock.patch('torch.randn', lambda *_shape: noise[-1]), unittest.mock.patch('torch.randn_like', lambda _like: next(draws))):
        image = sample(steps=ours.steps, shape=tuple(noise[0].shape), cond_img=start, x_T=start, cfg_scale=1.0, color_fix_type='wavelet')
    image = _levels(image)
    stages.image, stages.published = image.round().astype(np.uint8), image.astype(np.uint8)
    # The last lines of the sampler, which would take all steps again.
    from utils.image import adaptive_instance_normalization
    stages.adain = _levels(adaptive_instance_normalization((stages.decoded + 1) / 2, start)).round().astype(np.uint8)
    return stages


def _levels(image: torch.Tensor) -> np.ndarray:
    return image.clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255


def official_model(args, config: dict) -> torch.nn.Module:
    """The complete ControlLDM, loaded strictly like in scripts/inference.py."""
    model = build({'target': 'model.cldm.ControlLDM', 'params': config})
    importlib.import_module('utils.common').load_state_dict(model, Checkpoint(args).tensors, strict=True)
    return model.eval()
