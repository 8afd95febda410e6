"""ResShift (arXiv 2307.12348): the official denoiser and autoencoder as three or four graphs, for all its tasks."""
import importlib
import types
import unittest.mock
from dataclasses import dataclass
from pathlib import Path

import torch

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
    require_memory,
    say_needs,
    tensors_of,
)
from .published import Origin, check_sha256, named, notes, origin_of

ADDRESS = 'https://github.com/zsyOAOA/ResShift'
COMMIT = '3ce1d81'
# Latent cells per window of the lowest level: it has an eighth of the resolution, and windows of 8.
CELLS = 64


@dataclass(frozen=True)
class Task:
    title: str
    kind: str
    config: str
    weights: str
    autoencoder: str
    # Side of a tile in units of the smallest one: as large as the cost of global attention in the autoencoder allows.
    tiles: int = 2


F4, FACE256, FACE512 = 'autoencoder_vq_f4.pth', 'celeba256_vq_f4_dim3_face.pth', 'ffhq512_vq_f8_dim8_face.pth'
TASKS = {
    'realsr-v1': Task('ResShift ×4, 15 steps (v1)', 'upscale', 'realsr_swinunet_realesrgan256', 'resshift_realsrx4_s15_v1.pth', F4),
    'realsr-v2': Task('ResShift ×4, 15 steps (v2)', 'upscale', 'realsr_swinunet_realesrgan256', 'resshift_realsrx4_s15_v2.pth', F4),
    'realsr-v3': Task('ResShift ×4, 4 steps (v3)', 'upscale', 'realsr_swinunet_realesrgan256_journal', 'resshift_realsrx4_s4_v3.pth', F4),
    'bicsr': Task('ResShift ×4 of clean pictures', 'upscale', 'bicx4_swinunet_lpips', 'resshift_bicsrx4_s4.pth', F4),
    'x2': Task('ResShift ×2', 'upscale', 'realsr_realesrgan256_x2', 'the checkpoint of your own training; none was published', F4),
    'inpaint-imagenet': Task('ResShift inpainting', 'inpaint', 'inpaint_lama256_imagenet', 'resshift_inpainting_imagenet_s4.pth', F4, 1),
    'inpaint-face': Task('ResShift inpainting of faces', 'inpaint', 'inpaint_lama256_face', 'resshift_inpainting_face_s4.pth', FACE256, 1),
    'faceir': Task('ResShift face restoration', 'face', 'faceir_gfpgan512_lpips', 'resshift_faceir_s4.pth', FACE512, 1),
}


def add_arguments(parser):
    parser.add_argument('--task', choices=TASKS, help='default: that of the published file with the name of --weights')
    _add_weights(parser)


def add_check_arguments(parser):
    _add_weights(parser)


def _add_weights(parser):
    parser.add_argument('--weights', type=Path, required=True, help="the denoiser's checkpoint, resshift_….pth")
    parser.add_argument('--autoencoder', type=Path, help="the autoencoder's checkpoint; default: the file of the task in the folder of --weights")
    parser.add_argument('--config', type=Path, help="the configuration of your own training; default: that of the task in the repository")


def run(args):
    name = task_name(args)
    task = TASKS[name]
    repo = check_clone(args.repo, commit=COMMIT, address=ADDRESS, needs='models/swin_transformer.py', any_commit=args.any_commit)
    check_packages('resshift')
    with importing(repo, stub_modules()):
        count = _count(_read_config(args.config or repo / 'configs' / f'{task.config}.yaml'))
        say_needs(args.out, 'Reading and tracing these networks', _memory(count), 4 * count)
        weights = origin_of(args.weights)
        check_sha256(weights, args.sha256)
        nets = load(task, repo, args)
        doubts = notes([(weights, name), (origin_of(autoencoder_file(task, args)), named(task.autoencoder).use)])
        for block in nets.denoiser.modules():
            if type(block).__name__ == 'SwinTransformerBlock':
                block.forward = types.MethodType(swin_block, block)
        check_size(args.size, nets.multiple)
        with BundleWriter(args.out, half=args.fp16, fixed=args.size is not None) as bundle:
            _graphs(bundle, nets, args.size)
            bundle.finish(_manifest(name, nets, args, weights), _card(name, nets, args), repo / 'LICENSE', doubts)
    print(f'{args.out}: resshift-{name}')


def task_name(args) -> str:
    """--task, or without it the task of the published file of this name."""
    published = named(args.weights.name)
    if args.task is None and (published is None or published.use not in TASKS):
        raise ExportError(f'{args.weights.name} is none of the published denoisers, whose names tell the task', f'Give --task: {", ".join(TASKS)}')
    return args.task or published.use


def autoencoder_file(task: Task, args) -> Path:
    return args.autoencoder or args.weights.with_name(task.autoencoder)


@dataclass
class Nets:
    """The official networks with their weights, and facts from their configuration."""
    denoiser: torch.nn.Module
    autoencoder: torch.nn.Module
    config: dict
    # Output pixels per latent cell, each way.
    factor: int
    # Output side ÷ source side.
    scale: int
    masked: bool

    @property
    def multiple(self) -> int:
        """Tile sides are multiples of this many source pixels."""
        return CELLS * self.factor // self.scale


def load(task: Task, repo: Path, args) -> Nets:
    """Call it inside `importing`."""
    config = _read_config(args.config or repo / 'configs' / f'{task.config}.yaml')
    what = f"the denoiser's checkpoint for this task with --weights ({task.weights})"
    what_autoencoder = f"the autoencoder's checkpoint for this task with --autoencoder ({task.autoencoder})"
    require_memory(_memory(_count(config)), 'Reading and tracing these networks')
    nets = []
    for part, file, which in (('model', args.weights, what), ('autoencoder', autoencoder_file(task, args), what_autoencoder)):
        tensors = tensors_of(load_checkpoint(file, which, trusted=args.trust_checkpoint))
        net = _build(config[part])
        unused = load_tensors(net, tensors, file, which)
        if unused:
            print(f'{file.name}: {len(unused)} tensors are not used, the first is {unused[0]}')
        nets.append(net)
    denoiser, autoencoder = nets
    params, diffusion = config['autoencoder']['params'], config['diffusion']['params']
    factor = 2 ** (len(params['ddconfig']['ch_mult']) - 1)
    return Nets(denoiser, autoencoder, config, factor, diffusion['sf'], bool(config['model']['params'].get('cond_mask')))


def _count(config: dict) -> int:
    """The parameters of both networks, without allocating them."""
    with torch.device('meta'):
        return sum(p.numel() for part in ('model', 'autoencoder') for p in _build(config[part]).parameters())


def _memory(count: int) -> int:
    # Measured at full size, 174 million parameters: 3.0 GB for both networks, copies of the larger one, and activations.
    return 3 * 4 * count + (3 << 29)


def _read_config(file: Path) -> dict:
    if not file.is_file():
        raise ExportError(f'{file} is not there', 'Take the official commit of the clone, or give a file with --config')
    from omegaconf import OmegaConf
    config = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    # Only these parts are resolved: others refer to environment variables of the training machine.
    config = OmegaConf.to_container(OmegaConf.create({part: config[part] for part in ('model', 'diffusion', 'autoencoder')}), resolve=True)
    diffusion = config['diffusion']['params']
    known = {'schedule_name': 'exponential', 'timestep_respacing': None, 'normalize_input': True, 'latent_flag': True}
    for name, value in known.items():
        if diffusion.get(name, value) != value:
            raise ExportError(f'{file} has {name}: {diffusion[name]}, and bundles know {value} only', 'Give the configuration of one of the official tasks')
    return config


def _build(part: dict) -> torch.nn.Module:
    module, name = part['target'].rsplit('.', 1)
    with quiet():
        return getattr(importlib.import_module(module), name)(**part.get('params', {}))


def stub_modules() -> dict:
    """timm is imported for three functions: one makes a pair of a number, the others have no effect outside training."""
    names = ['timm', 'timm.models', 'timm.models.layers']
    modules = {name: types.ModuleType(name) for name in names}
    layers = modules['timm.models.layers']
    layers.to_2tuple = lambda value: value if isinstance(value, tuple) else (value, value)
    layers.trunc_normal_ = torch.nn.init.trunc_normal_
    layers.DropPath = torch.nn.Dropout
    return modules


def swin_block(self, x):
    """
    The forward pass of the official block, [n, c, h, w], for any batch and any h, w that are multiples of its window. The
    official one counts its windows in Python and fills its mask by assignment, so tracing would make both constant. Nearly all
    sizes are constants here, because every dynamic one adds half a dozen operators to every block of every step.
    """
    n, _, h, w = x.shape
    c, window, shift, attention = self.dim, self.window_size, self.shift_size, self.attn
    cells, heads = window * window, attention.num_heads
    rows, columns = h // window, w // window
    y = self.norm1(x)
    if shift > 0:
        y = torch.roll(y, (-shift, -shift), (2, 3))
    y = y.reshape(n, c, rows, window, columns, window).permute(0, 2, 4, 3, 5, 1).reshape(-1, cells, c)
    q, k, v = attention.qkv(y).reshape(-1, cells, 3, heads, c // heads).permute(2, 0, 3, 1, 4).unbind(0)
    bias = attention.relative_position_bias_table[attention.relative_position_index.view(-1)].view(cells, cells, heads)
    scores = (q * attention.scale) @ k.transpose(-2, -1) + bias.permute(2, 0, 1)
    if shift > 0:
        # Per row of windows; the same for all columns and heads.
        scores = (scores.reshape(n, rows, -1, cells, cells) + shift_mask(rows, window, shift).to(y.dtype)).reshape(-1, heads, cells, cells)
    y = attention.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(-1, cells, c))
    y = y.reshape(n, rows, columns, window, window, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)
    if shift > 0:
        y = torch.roll(y, (shift, shift), (2, 3))
    x = x + y
    return x + self.mlp(self.norm2(x))


def shift_mask(rows, window: int, shift: int) -> torch.Tensor:
    """
    The official mask, [rows, 1, window², window²], the same for all windows of a row: zero except in the last row, where it
    is -100 between the left and the right part of a window. A correct mask for shifted windows would separate top from bottom
    in the last row and left from right in the last column. The official code assigns to the wrong axis, and the weights were
    trained with that mask.
    """
    right = (torch.arange(window) >= window - shift).repeat(window)
    within = torch.where(right[:, None] != right[None, :], -100.0, 0.0)
    return (torch.arange(rows) == rows - 1).to(within.dtype).reshape(-1, 1, 1, 1) * within


class Encode(torch.nn.Module):
    """picture [n, 3, H, W] → latent. Neither quantised nor sampled."""

    def __init__(self, nets: Nets):
        super().__init__()
        self.autoencoder, self.factor = nets.autoencoder, nets.config['diffusion']['params']['scale_factor']

    def forward(self, picture):
        latent = self.autoencoder.encode(picture)
        return latent if self.factor == 1 else latent * self.factor


class Decode(torch.nn.Module):
    """latent → nearest code words → picture."""

    def __init__(self, nets: Nets):
        super().__init__()
        self.autoencoder, self.factor = nets.autoencoder, nets.config['diffusion']['params']['scale_factor']

    def forward(self, latent):
        return self.autoencoder.decode(latent if self.factor == 1 else latent / self.factor)


class Condition(torch.nn.Module):
    """lq, and for inpainting the mask → the features that the denoiser gets at every step, at the size of the latent."""

    def __init__(self, nets: Nets):
        super().__init__()
        self.extractor = nets.denoiser.feature_extractor

    def forward(self, lq, mask=None):
        return self.extractor(lq if mask is None else torch.cat([lq, mask], 1))


class Denoise(torch.nn.Module):
    """x, t, and the condition → x̂₀."""

    def __init__(self, nets: Nets):
        super().__init__()
        self.denoiser = nets.denoiser

    def forward(self, x, t, condition):
        extractor, self.denoiser.feature_extractor = self.denoiser.feature_extractor, torch.nn.Identity()
        try:
            return self.denoiser(x, t, lq=condition)
        finally:
            self.denoiser.feature_extractor = extractor


def _graphs(bundle: BundleWriter, nets: Nets, size: int | None):
    channels, steps = nets.config['model']['params']['in_channels'], nets.config['diffusion']['params']['steps']
    plain = isinstance(nets.denoiser.feature_extractor, torch.nn.Identity) and not nets.masked
    encode, condition, denoise, decode = Encode(nets), Condition(nets), Denoise(nets), Decode(nets)

    def examples(n, h, w, ends):
        """Inputs of each graph for n tiles of h · w source pixels; those of encode and decode, which accept any size, times `ends`."""
        generator = torch.Generator().manual_seed(n)

        def random(depth, zoom):
            return torch.rand(n, depth, int(h * zoom), int(w * zoom), generator=generator) * 2 - 1

        cells, t = nets.scale / nets.factor, torch.arange(n) % steps
        sources = {'lq': random(3, 1)} | ({'mask': random(1, 1).sign()} if nets.masked else {})
        conditions = sources if plain else {'features': condition(*sources.values())}
        # Code words, because a latent between two may be rounded to either, which makes outputs incomparable.
        words = nets.autoencoder.quantize.embedding.weight
        word = torch.randint(len(words), (n, int(h * cells * ends), int(w * cells * ends)), generator=generator)
        return {'encode': {'picture': random(3, nets.scale * ends)}, 'condition': sources,
                'denoise': {'x': random(channels, cells), 't': t, **conditions}, 'decode': {'latent': words[word].permute(0, 3, 1, 2).contiguous()}}

    traced = examples(1, nets.multiple, nets.multiple, 1 / 2) if size is None else examples(1, size, size, 1)
    proof = examples(2, nets.multiple, 2 * nets.multiple, 1 / 4)
    grids = {'picture': 'out', 'lq': 'source', 'mask': 'source'}
    for role, module, outputs in (('encode', encode, ['latent']), ('condition', condition, ['features']),
                                  ('denoise', denoise, ['out']), ('decode', decode, ['picture'])):
        if role == 'condition' and plain:
            continue
        free = {name: {0: 'n', 2: f'h_{grids.get(name, "latent")}', 3: f'w_{grids.get(name, "latent")}'} for name in (*traced[role], *outputs)}
        bundle.graph(role, module, traced[role], outputs, proof=proof[role], dynamic={**free, 't': {0: 'n'}} if role == 'denoise' else free)


def _manifest(name: str, nets: Nets, args, weights: Origin) -> dict:
    task, diffusion = TASKS[name], nets.config['diffusion']['params']
    side = args.size or task.tiles * nets.multiple
    predicts = {'xstart': 'xstart', 'residual': 'residual', 'epsilon': 'epsilon', 'epsilon_scale': 'epsilonScale'}
    return {
        'name': f'resshift-{name}',
        'title': task.title,
        'system': 'resshift',
        'task': task.kind,
        'scale': nets.scale,
        'grid': {'factor': nets.factor, 'channels': nets.config['model']['params']['in_channels']},
        'schedule': {
            'steps': diffusion['steps'],
            'kappa': diffusion['kappa'],
            'minNoise': diffusion['min_noise_level'],
            'etasEnd': diffusion['etas_end'],
            'power': diffusion['schedule_kwargs']['power'],
            'predicts': predicts[diffusion['predict_type']],
            'input': {'kind': 'latent', 'variance': 1},
        },
        'defaultSteps': diffusion['steps'],
        'start': 'encode',
        'range': [-1, 1],
        'multiple': nets.multiple,
        # The official overlap is 64 of 512.
        'tile': {'wholeUpTo': side * side, 'size': side, 'overlap': side // 8, **({'fixed': True} if args.size else {})},
        'colorFix': 'none',
        'licence': {'name': 'S-Lab License 1.0 (non-commercial)', 'url': f'{ADDRESS}/blob/master/LICENSE', 'redistributable': False},
        'source': f'Exported from {args.weights.name} (sha256 {weights.sha256}) with the official code, {ADDRESS} at {COMMIT}.',
    }


def _card(name: str, nets: Nets, args) -> str:
    task, diffusion = TASKS[name], nets.config['diffusion']['params']
    count = sum(p.numel() for p in nets.denoiser.parameters()) / 1e6
    return f"""# resshift-{name}: {task.title}

Exported from the official checkpoint {args.weights.name}, trained by the authors of ResShift (Yue, Wang, Loy: "ResShift:
Efficient Diffusion Model for Image Super-resolution by Residual Shifting", NeurIPS 2023). It was not trained further.

| | |
|---|---|
| Code | {ADDRESS}, commit {COMMIT} |
| Denoiser | {count:.1f} million parameters, {args.weights.name} |
| Steps | trained for {diffusion['steps']}; fewer are possible, but not recommended by the authors |
| Weights | {'float16, with float32 for normalisation, softmax and timestep' if args.fp16 else 'float32'} |
| Tiles | {describe_tiles(args.size, nets.multiple)} |

## Licence

S-Lab License 1.0 (LICENSE.txt): code and weights may be used and redistributed for **non-commercial purposes only**. Treat
this bundle as not redistributable, and ask the authors before any commercial use.
"""


@torch.no_grad()
def compare(ours, args):
    """(stage, official, ours) for every stage of one tile; see `check.py`."""
    name = ours.manifest['name'].removeprefix('resshift-')
    if name not in TASKS:
        raise ExportError(f'{args.bundle} was not exported by this program: its name is {ours.manifest["name"]}', 'Give the folder that `export resshift` made')
    repo = check_clone(args.repo, commit=COMMIT, address=ADDRESS, needs='models/swin_transformer.py', any_commit=args.any_commit)
    with importing(repo, stub_modules()):
        stages = _run_official(load(TASKS[name], repo, args), ours)
    yield 'encode: latent', stages.encoded, ours.calls('encode')[0][1]['latent']
    for i, (inputs, outputs) in enumerate(ours.calls('denoise')):
        yield f'step {i + 1}: network input', stages.inputs[i], inputs['x']
        yield f'step {i + 1}: network output', stages.outputs[i], outputs['out']
    yield 'latent before decoding', stages.latent, ours.calls('decode')[0][0]['latent']
    yield 'the same latent, decoded', stages.decoded, ours.calls('decode')[0][1]['picture']
    yield 'image, step by step', stages.image, ours.final
    yield 'image, one graph', stages.image, ours.fused


def _run_official(nets: Nets, ours) -> types.SimpleNamespace:
    """The official sampler with unmodified networks, on the tile and with the noise of `ours`. Call it inside `importing`."""
    kept = {step['t'] for step in ours.plan['steps']}
    if len(kept) < 2:
        raise ExportError('the official sampler does not support one step: it divides by zero', 'Give --steps 2 or more')
    script_util = importlib.import_module('models.script_util')
    # Which of the trained steps are used when there are fewer is a choice of this engine (docs/decisions.md).
    script_util.space_timesteps = lambda *_: kept
    diffusion = script_util.create_gaussian_diffusion(**nets.config['diffusion']['params'])
    stages = types.SimpleNamespace(inputs=[], outputs=[])

    def keep_step(_module, inputs, _kwargs, output):
        stages.inputs.append(inputs[0])
        stages.outputs.append(output)

    def encode_and_keep(value, encode=nets.autoencoder.encode):
        stages.encoded = encode(value)
        return stages.encoded

    def decode_and_keep(value, decode=nets.autoencoder.decode):
        stages.latent = value
        return decode(value)

    decode = nets.autoencoder.decode
    nets.denoiser.register_forward_hook(keep_step, with_kwargs=True)
    nets.autoencoder.encode, nets.autoencoder.decode = encode_and_keep, decode_and_keep
    lq = _signed(ours.image)
    conditions = {'lq': lq}
    if ours.mask is not None:
        mask = _signed(ours.mask[..., None])
        masked = mask * 0.5 + 0.5
        lq = lq * (1 - masked) - masked  # black inside the mask, as in the training
        conditions = {'lq': lq, 'mask': mask}
    noise = {draw: torch.from_numpy(field) for draw, field in ours.noise.items()}
    # One field for every step except the last, whose noise has weight 0.
    steps = iter([noise[i + 1] for i in range(len(kept) - 1)] + [torch.zeros_like(noise[0])])
    with unittest.mock.patch('torch.randn_like', lambda _like: next(steps)):
        image = diffusion.p_sample_loop(y=lq, model=nets.denoiser, first_stage_model=nets.autoencoder, noise=noise[0],
                                        clip_denoised=False, model_kwargs=conditions)
    # Decoded from the latent of `ours`, because rounding to another code word would hide the precision of the decoder.
    stages.decoded = decode(torch.from_numpy(ours.calls('decode')[0][0]['latent']))
    image = image.clamp(-1, 1) * 0.5 + 0.5
    if ours.mask is not None:
        image = image * masked + (lq * 0.5 + 0.5) * (1 - masked)
    stages.image = (image[0].permute(1, 2, 0).numpy() * 255).round().astype('uint8')
    return stages


def _signed(samples) -> torch.Tensor:
    """uint8 [h, w, c] → [1, c, h, w], -1 … 1."""
    return (torch.from_numpy(samples).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5
