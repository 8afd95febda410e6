"""DoSSR (arXiv 2409.17778): pre-restoration, condition encoder, ControlNet and UNet in one graph, at the constant official prompt."""
import importlib
import types
import unittest.mock
from pathlib import Path

import numpy as np
import torch

from . import stable_diffusion as sd
from .bundle import BundleWriter
from .common import ExportError, check_size, fill, importing, load_checkpoint, need_memory, official, quiet, tensors_of, tiles_said

ADDRESS = 'https://github.com/AMD-AIG-AIMA/DoSSR'
COMMIT = 'f637805'
# model/shift_sampler.py, the default of all samplers; scripts/inference.py never gives another.
PROMPT = 'clean, high-resolution, 8k'
WHAT = 'the checkpoint of DoSSR with --weights (dossr_default.ckpt or dossr_onestep.ckpt)'
# The only scale that the official script gets right; the pre-restoration network enlarges by as much.
SCALE = 4


def add_arguments(parser):
    _add_weights(parser)
    parser.add_argument('--steps', type=int, help='network calls unless asked otherwise; without it 5, and 1 if the file is called …onestep…')


def add_check_arguments(parser):
    _add_weights(parser)
    parser.add_argument('--order', type=int, choices=[1, 2, 3], help="of the solver; without it, the bundle's own")


def _add_weights(parser):
    parser.add_argument('--weights', type=Path, required=True, help='dossr_default.ckpt or dossr_onestep.ckpt')
    parser.add_argument('--config', type=Path, help="the configuration of a training of your own, instead of the repository's configs/model/cldm_v21.yaml")


def run(args):
    repo = official(args.repo, commit=COMMIT, address=ADDRESS, needs='model/shift_sampler.py', any_commit=args.any_commit)
    check_size(args.size, sd.CELLS // SCALE)
    with importing(repo, stand_ins()):
        config = read_config(args, repo)
        _need_memory(config)
        checkpoint = Checkpoint(args)
        with BundleWriter(args.out, half=args.fp16, fixed=args.size is not None) as bundle:
            _graphs(bundle, args, config, checkpoint)
            bundle.finish(_manifest(args), _card(args), LICENCE)
    print(f'{args.out}: {_name(args)}')


class Checkpoint:
    """The tensors of the one file that holds all networks."""

    def __init__(self, args):
        self.file = args.weights
        self.tensors = tensors_of(load_checkpoint(args.weights, WHAT, trusted=args.trust_checkpoint))

    def into(self, module: torch.nn.Module, prefix: str) -> torch.nn.Module:
        fill(module, self.tensors, self.file, WHAT, prefix)
        return module


def read_config(args, repo: Path) -> dict:
    """The parameters of ControlLDM, with which no custom autograd function gets into the traced graph."""
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


def stand_ins() -> dict:
    """Lightning is imported for the base class of two networks, of which only `device` is used outside training."""
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
    The official text encoder starts from a file at a path on its authors' machine (ldm/modules/encoders/modules.py:149).
    Its weights are in the checkpoint, too, so the network is built without; and without the half that sees pictures,
    which is thrown away in the next line.
    """

    def __enter__(self):
        import open_clip

        def create(arch: str, **_options):
            shape = open_clip.get_model_config(arch)
            shape['vision_cfg']['layers'] = 1
            model = open_clip.CLIP(**shape)
            for block in model.transformer.resblocks:
                # What the official code passes; newer releases expect batches first.
                block.attn.batch_first = False
            return model, None, None

        self.patch = unittest.mock.patch.object(open_clip, 'create_model_and_transforms', create)
        self.patch.__enter__()

    def __exit__(self, *error):
        self.patch.__exit__(*error)


def _need_memory(config: dict):
    with torch.device('meta'):
        count = sum(p.numel() for part in ('unet_config', 'control_stage_config') for p in build(config[part]).parameters())
    need_memory(sd.export_bytes(count), 'Exporting this model')


class Encode(torch.nn.Module):
    """picture [n, 3, H, W] → mean and standard deviation of the posterior, [n, 4, H/8, W/8] each, in the scale of the UNet."""

    def __init__(self, autoencoder, factor: float):
        super().__init__()
        self.autoencoder, self.factor = autoencoder, factor

    def forward(self, picture):
        posterior = self.autoencoder.encode(picture)
        return posterior.mean * self.factor, posterior.std * self.factor


class Condition(torch.nn.Module):
    """picture → what ControlNet sees of it: always the mean."""

    def __init__(self, encoder, factor: float):
        super().__init__()
        self.encoder, self.factor = encoder, factor

    def forward(self, picture):
        return self.encoder(picture).chunk(2, 1)[0] * self.factor


class Denoise(torch.nn.Module):
    """x, t, hint, prompt [1, 77, width] → what DoSSR calls noise (samplers: x̂₀ = (x - s·out)/a)."""

    def __init__(self, control, unet):
        super().__init__()
        self.control, self.unet = control, unet

    def forward(self, x, t, hint, prompt):
        context = prompt.expand(x.shape[0], -1, -1)
        residuals = self.control(x=x, hint=hint, timesteps=t, context=context)
        return self.unet(x=x, timesteps=t, context=context, control=residuals)


class Decode(torch.nn.Module):
    """latent → picture, not clamped: the colour fix comes first."""

    def __init__(self, autoencoder, factor: float):
        super().__init__()
        self.autoencoder, self.factor = autoencoder, factor

    def forward(self, latent):
        return self.autoencoder.decode(latent / self.factor)


def _graphs(bundle: BundleWriter, args, config: dict, checkpoint: Checkpoint):
    """One network after another, so that the memory holds the largest and not all."""
    side, factor = args.size or sd.CELLS // SCALE, config['scale_factor']
    lq = sd.picture(1, side, side) * 0.5 + 0.5
    lq_proof = sd.picture(2, side, 2 * side) * 0.5 + 0.5

    restore = checkpoint.into(build(config['preprocess_config']), 'preprocess_model.')
    bundle.graph('preprocess', restore, {'lq': lq}, ['picture'], proof={'lq': lq_proof}, dynamic=sd.free(lq='source', picture='picture'), range=[0, 1])
    with torch.no_grad():
        view, view_proof = (restore(one).clamp(0, 1) * 2 - 1 for one in (lq, lq_proof))

    autoencoder = checkpoint.into(build(config['first_stage_config']), 'first_stage_model.')
    encode, decode = Encode(autoencoder, factor), Decode(autoencoder, factor)
    bundle.graph('encode', encode, {'picture': view}, ['latent', 'deviation'], proof={'picture': view_proof},
                 dynamic=sd.free(picture='picture', latent='latent', deviation='latent'))
    with torch.no_grad():
        x, x_proof = encode(view)[0], encode(view_proof)[0]
    bundle.graph('decode', decode, {'latent': x}, ['picture'], proof={'latent': x_proof}, dynamic=sd.free(latent='latent', picture='picture'))

    # Built as ControlLDM does it, from the autoencoder's parts; the checkpoint has weights of its own for it.
    condition = Condition(torch.nn.Sequential(), factor)
    condition.encoder.add_module('encoder', autoencoder.encoder)
    condition.encoder.add_module('quant_conv', autoencoder.quant_conv)
    checkpoint.into(condition.encoder, 'cond_encoder.')
    bundle.graph('condition', condition, {'picture': view}, ['hint'], proof={'picture': view_proof}, dynamic=sd.free(picture='picture', hint='latent'))
    with torch.no_grad():
        hint, hint_proof = condition(view), condition(view_proof)
    del restore, autoencoder, encode, decode, condition

    prompt = prompt_embedding(config, checkpoint)
    bundle.constant('prompt', prompt)
    denoise = Denoise(checkpoint.into(build(config['control_stage_config']), 'control_model.'),
                      checkpoint.into(build(config['unet_config']), 'model.diffusion_model.'))
    t, t_proof = torch.tensor([100]), torch.tensor([499, 200])[:len(x_proof)]
    axes = {**sd.free(x='latent', hint='latent', out='latent'), 't': {0: 'n'}}
    bundle.graph('denoise', denoise, {'x': x, 't': t, 'hint': hint, 'prompt': prompt}, ['out'], dynamic=axes,
                 proof={'x': x_proof, 't': t_proof, 'hint': hint_proof, 'prompt': prompt})


@torch.no_grad()
def prompt_embedding(config: dict, checkpoint: Checkpoint) -> torch.Tensor:
    """[1, 77, width] of the official prompt, by the text encoder in the checkpoint."""
    encoder = build(config['cond_stage_config'])
    return checkpoint.into(encoder, 'cond_stage_model.').encode([PROMPT])


def _name(args) -> str:
    return 'dossr-onestep' if 'onestep' in args.weights.name else 'dossr'


def _manifest(args) -> dict:
    steps = args.steps or (1 if 'onestep' in args.weights.name else 5)
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
        'source': f'Exported from {args.weights.name} with the official code, {ADDRESS} at {COMMIT}; prompt “{PROMPT}”.',
    }


LICENCE = f"""No licence was published with DoSSR's code and weights ({ADDRESS}, commit {COMMIT}), so all
rights are reserved by their authors: do not pass this bundle on, and ask them before any use beyond your own study.
The weights are derived from Stable Diffusion 2.1-base (CreativeML Open RAIL++-M) and Real-ESRGAN (BSD-3-Clause; the
network's code, in the folder esrgan of the repository, is Apache-2.0).
"""


def _card(args) -> str:
    return f"""# {_name(args)}

Exported from the official checkpoint {args.weights.name}, trained by the authors of DoSSR (Cui, Liu, Zhang et al.: "Taming
Diffusion Prior for Image Super-Resolution with Domain Shift SDEs", NeurIPS 2024). Nothing was trained here.

| | |
|---|---|
| Code | {ADDRESS}, commit {COMMIT} |
| Steps | {_manifest(args)['defaultSteps']}, solver of order 3; order 1 is advised from 10 steps on |
| Prompt | “{PROMPT}”, as officially, the same for all frames |
| Noise | encoder, start, and every step, the last one, too; the same for every frame |
| Weights | {'float16, with float32 for normalisation, softmax and timestep' if args.fp16 else 'float32'} |
| Colour fix | wavelet, towards the pre-restored picture, as officially |
| Tiles | {tiles_said(args.size, sd.CELLS // SCALE)}; officially there are none |

## Licence

**None was published** (LICENSE.txt): do not pass this bundle on.
"""


def compare(ours, args):
    """(stage, official, ours) for every stage of one tile; see `check.py`."""
    repo = official(args.repo, commit=COMMIT, address=ADDRESS, needs='model/shift_sampler.py', any_commit=args.any_commit)
    with importing(repo, stand_ins()):
        stages = official_walk(args, repo, ours)
    encoded, conditioned = ours.calls('encode')[0], ours.calls('condition')[0]
    yield 'prompt', stages.prompt, ours.calls('denoise')[0][0]['prompt']
    # The engine keeps what the network gives and clamps it on the way to the next one.
    yield 'pre-restored source', stages.restored, encoded[0]['picture']
    yield 'encode: mean', stages.mean, encoded[1]['latent']
    yield 'encode: deviation', stages.deviation, encoded[1]['deviation']
    yield 'condition: hint', stages.hint, conditioned[1]['hint']
    for i, (given, made) in enumerate(ours.calls('denoise')):
        yield f'step {i + 1}: network input', stages.inputs[i], given['x']
        yield f'step {i + 1}: network output', stages.outputs[i], made['out']
    yield 'latent before decoding', stages.clean, ours.calls('decode')[0][0]['latent']
    yield 'decoded', stages.decoded, ours.calls('decode')[0][1]['picture']
    yield 'picture, step by step', stages.picture, ours.final
    yield 'picture, one graph', stages.picture, ours.fused
    yield 'picture, truncated', stages.published, ours.fused


@torch.no_grad()
def official_walk(args, repo: Path, ours) -> types.SimpleNamespace:
    """The official sampler over the tile of `ours` with its noise, as scripts/inference.py calls it. To be called where it can be imported."""
    with quiet():
        from model.shift_sampler import SpacedSampler
    model = official_model(args, read_config(args, repo))
    seen = types.SimpleNamespace(inputs=[], outputs=[])
    factor = model.scale_factor

    def moments(_module, _given, made):
        mean, log_variance = made.chunk(2, 1)
        seen.mean, seen.deviation = mean * factor, torch.exp(0.5 * log_variance.clamp(-30, 20)) * factor

    def step(_module, _given, named, made):
        seen.inputs.append(named['x'])
        seen.outputs.append(made)
        seen.prompt = named['context']

    def hinted(_module, _given, named):
        seen.hint = named['hint']

    model.first_stage_model.quant_conv.register_forward_hook(moments)
    model.control_model.register_forward_pre_hook(hinted, with_kwargs=True)
    model.model.diffusion_model.register_forward_hook(step, with_kwargs=True)
    model.first_stage_model.post_quant_conv.register_forward_pre_hook(lambda _module, given: setattr(seen, 'clean', given[0] * factor))
    model.first_stage_model.decoder.register_forward_hook(lambda _module, _given, made: setattr(seen, 'decoded', made))

    unit = torch.from_numpy(ours.picture).permute(2, 0, 1)[None].float() / 255
    start = model.preprocess_model(unit).clamp_(0, 1)
    seen.restored = start * 2 - 1
    noise = {draw: torch.from_numpy(field) for draw, field in ours.noise.items()}
    draws = iter([noise[draw] for draw in range(ours.steps + 1)])
    words = {1: 'shift_sample_1_order', 2: 'shift_sample_2_order', 3: 'shift_sample_3_order'}
    walk = getattr(SpacedSampler(model, var_type='fixed_small'), words[args.order or ours.manifest['schedule']['order']])
    with (quiet(), unittest.mock.patch('model.shift_sampler.tqdm', lambda steps, **_options: steps),
          unittest.mock.patch('torch.randn', lambda *_shape: noise[-1]), unittest.mock.patch('torch.randn_like', lambda _like: next(draws))):
        made = walk(steps=ours.steps, shape=tuple(noise[0].shape), cond_img=start, x_T=start, cfg_scale=1.0, color_fix_type='wavelet')
    made = made.clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255
    seen.picture, seen.published = made.round().astype(np.uint8), made.astype(np.uint8)
    return seen


def official_model(args, config: dict) -> torch.nn.Module:
    """ControlLDM, whole and strictly loaded, as scripts/inference.py does it."""
    model = build({'target': 'model.cldm.ControlLDM', 'params': config})
    importlib.import_module('utils.common').load_state_dict(model, Checkpoint(args).tensors, strict=True)
    return model.eval()
