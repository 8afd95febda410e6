"""OSEDiff (arXiv 2406.08177): Stable Diffusion 2.1-base with the official LoRA merged in, one step at a constant prompt."""
import types
import unittest.mock
from pathlib import Path

import numpy as np
import torch

from . import ram
from . import stable_diffusion as sd
from .bundle import BundleWriter
from .common import (
    ExportError,
    check_clone,
    check_packages,
    check_size,
    describe_tiles,
    importing,
    install,
    load_checkpoint,
    load_tensors,
    quiet,
    say_needs,
)
from .lora import merge
from .pillow_bicubic import PillowBicubic
from .published import Origin, check_sha256, notes, origin_of

ADDRESS = 'https://github.com/cswry/OSEDiff'
COMMIT = 'fcc4f09'
# The only timestep, hard-coded in the official code (osediff.py:278).
TIMESTEP = 999
# abar_999 of the scheduler of OSEDiff, float32; the table of the engine has the same value.
ALPHA_BAR = 0.00466009508818388
WHAT = 'the checkpoint of OSEDiff with --weights (osediff.pkl, or osediff_face.pkl with --face)'


def add_arguments(parser):
    _add_weights(parser)
    parser.add_argument('--face', action='store_true', help='osediff_face.pkl: restores aligned faces without upscaling, without a colour fix')
    parser.add_argument('--scale', type=int, choices=[1, 2, 4], help='output side ÷ source side; default: 4, or 1 with --face')
    parser.add_argument('--mean', action='store_true', help="encode to the mean of the posterior instead of sampling it: no noise")


def add_check_arguments(parser):
    _add_weights(parser)


def _add_weights(parser):
    parser.add_argument('--base', type=Path, required=True, help='folder of Stable Diffusion 2.1-base in the layout of diffusers')
    parser.add_argument('--weights', type=Path, required=True, help='osediff.pkl or osediff_face.pkl')
    parser.add_argument('--prompt', default='', help='the constant prompt; with --tags or --ram, the text after the tags')
    parser.add_argument('--ram', type=Path, help='ram_swin_large_14m.pth: the official tagger runs on the first frame of every shot, or with --face on a face of it; needs --dape')
    parser.add_argument('--dape', type=Path, help='DAPE.pth, which adapts the tagger to degraded images')
    parser.add_argument('--tags', help='instead of --ram, constant tags for all videos: "street, car, night"')
    parser.add_argument('--prompt-embedding', type=Path, help='a .npy file of [1, 77, 1024] instead of --prompt; then --base needs no text encoder')


def run(args):
    repo = check_clone(args.repo, commit=COMMIT, address=ADDRESS, needs='osediff.py', any_commit=args.any_commit)
    if args.face and (args.scale or 1) != 1:
        raise ExportError('the face model restores at the size of its source', 'Leave out --scale, or --face')
    scale = args.scale or (1 if args.face else 4)
    check_size(args.size, sd.CELLS // scale)
    _check_prompt(args)
    check_packages('osediff')
    parts = ['unet', 'vae', *(['text_encoder'] if args.prompt_embedding is None else [])]
    sd.check_base(args.base, parts)
    origin = origin_of(args.weights)
    check_sha256(origin, args.sha256)
    weights = checkpoint(args)
    with importing(repo, ram.stub_modules()):
        _check_schedule(args.base)
        _say_needs(args)
        doubts = notes([(origin, 'osediff --face' if args.face else 'osediff'), *_other_origins(args, parts)])
        with BundleWriter(args.out, half=args.fp16, fixed=args.size is not None) as bundle:
            prompt = _prompt_graph(bundle, args, repo, scale) if args.ram else prompt_embedding(args)
            if not args.ram:
                bundle.constant('prompt', prompt)
            latents = _autoencoder_graphs(bundle, args, weights, scale)
            _denoise_graph(bundle, args, weights, latents, prompt)
            bundle.finish(_manifest(args, scale, origin), _card(args, scale), _licence(repo), doubts)
    print(f'{args.out}: {_name(args)}')


def _other_origins(args, parts: list[str]) -> list[tuple[Origin, str]]:
    tagger = [(origin_of(args.ram), 'ram'), (origin_of(args.dape), 'dape')] if args.ram else []
    return [*tagger, *((origin_of(file, f'{file.parent.name}/{file.name}'), 'base') for file in (sd.weights(args.base, part) for part in parts))]


def _check_prompt(args):
    if (args.ram is None) != (args.dape is None):
        raise ExportError('the official tagger is made of two checkpoints', f'Give {ram.WHAT_RAM} and {ram.WHAT_DAPE}')
    if args.ram and (args.tags is not None or args.prompt_embedding is not None):
        raise ExportError('with --ram the tags are found in every shot', 'Leave out --tags and --prompt-embedding')


@torch.no_grad()
def _prompt_graph(bundle: BundleWriter, args, repo: Path, scale: int) -> torch.Tensor:
    """`prompt`, always float32, because it runs on the CPU. Returns an embedding, for tracing and comparing the UNet."""
    network = ram.load_prompt_network(args, repo, scale)
    frame, other = sd.example_image(1, 48, 64) * 0.5 + 0.5, sd.example_image(1, 56, 40) * 0.5 + 0.5
    bundle.graph('prompt', network, {'lq': frame}, ['prompt'], proof={'lq': other}, dynamic={'lq': {2: 'h', 3: 'w'}}, range=[0, 1], half=False)
    return network(frame)


def checkpoint(args) -> dict:
    weights = load_checkpoint(args.weights, WHAT, trusted=args.trust_checkpoint)
    expected = {'state_dict_unet': dict, 'state_dict_vae': dict, 'rank_unet': int, 'rank_vae': int}
    missing = [name for name, kind in expected.items() if not isinstance(weights.get(name), kind)]
    if missing:
        raise ExportError(f'{args.weights} is another checkpoint: it has no {missing[0]}', f'Give {WHAT}')
    return weights


def _official_classes():
    try:
        with quiet():
            from models.autoencoder_kl import AutoencoderKL
            from models.unet_2d_condition import UNet2DConditionModel
    except ModuleNotFoundError:
        raise
    except (ImportError, RuntimeError) as error:
        import diffusers
        raise ExportError(f'the official code is written for diffusers 0.25, and {diffusers.__version__} is installed ({error})', install('osediff')) from error
    return AutoencoderKL, UNet2DConditionModel


def load_autoencoder(base: Path, weights: dict, file: Path) -> torch.nn.Module:
    """With the LoRA of the encoder merged; the decoder is that of Stable Diffusion."""
    vae = sd.load(_official_classes()[0], base, 'vae')
    merge(vae, weights['state_dict_vae'], weights['rank_vae'], file, WHAT, weights.get('vae_lora_encoder_modules', []))
    return vae


def load_unet(base: Path, weights: dict, file: Path) -> torch.nn.Module:
    """With conv_in, which was fully trained, replaced, and all three LoRAs merged."""
    unet = sd.load(_official_classes()[1], base, 'unet')
    trained = weights['state_dict_unet']
    load_tensors(unet.conv_in, trained, file, WHAT, 'conv_in.base_layer.')
    named = [name for part in ('encoder', 'decoder', 'others') for name in weights.get(f'unet_lora_{part}_modules', [])]
    merge(unet, trained, weights['rank_unet'], file, WHAT, named)
    return unet


def prompt_text(args) -> str:
    """The constant prompt."""
    # test_osediff.py:33
    return args.prompt if args.tags is None else f'{args.tags}, {args.prompt},'


@torch.no_grad()
def prompt_embedding(args) -> torch.Tensor:
    """[1, 77, width], float32."""
    width = sd.config(args.base, 'unet')['cross_attention_dim']
    if args.prompt_embedding is None:
        embedding = sd.text_embedding(args.base, prompt_text(args))
        source = args.base / 'text_encoder'
    else:
        source = args.prompt_embedding
        try:
            embedding = torch.from_numpy(np.load(source).astype(np.float32))
        except (OSError, ValueError) as error:
            raise ExportError(f'{source} cannot be read as a .npy file ({error})', 'Write it with numpy.save') from error
    if list(embedding.shape) != [1, 77, width]:
        raise ExportError(f'{source} gives a prompt shaped {list(embedding.shape)}, and this network takes [1, 77, {width}]',
                          'Give the text encoder of Stable Diffusion 2.1-base, not of another version')
    return embedding


def _check_schedule(base: Path):
    """The single sampling step relies on these settings; with others the images would be wrong without an error."""
    sd.config(base, 'scheduler', 'scheduler_config.json')
    with quiet():
        from diffusers import DDPMScheduler
        scheduler = DDPMScheduler.from_pretrained(base, subfolder='scheduler')
    wanted = {'num_train_timesteps': 1000, 'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear', 'trained_betas': None,
              'clip_sample': False, 'thresholding': False, 'prediction_type': 'epsilon'}
    for name, value in wanted.items():
        if scheduler.config[name] != value:
            raise ExportError(f'{base}/scheduler has {name}: {scheduler.config[name]}, and OSEDiff was trained with {value}',
                              'Give Stable Diffusion 2.1-base (512 pixels, epsilon), not 2.1 (768 pixels) or another')
    if abs(scheduler.alphas_cumprod[TIMESTEP].item() - ALPHA_BAR) > 1e-9:
        raise ExportError(f'{base}/scheduler makes another table of noise levels than OSEDiff was trained with', install('osediff'))


def _say_needs(args):
    """Said before loading; the peak is in the export of the UNet."""
    with torch.device('meta'):
        vae, unet = (sum(p.numel() for p in kind.from_config(sd.config(args.base, part)).parameters())
                     for kind, part in zip(_official_classes(), ('vae', 'unet')))
    tagger = ram.BYTES + sd.weights(args.base, 'text_encoder').stat().st_size if args.ram else 0
    say_needs(args.out, 'Exporting this model', sd.export_bytes(unet, half=args.fp16), 4 * (unet + vae) + tagger)


class Encode(torch.nn.Module):
    """picture [n, 3, H, W] → mean and standard deviation of the posterior, [n, 4, H/8, W/8] each, scaled for the UNet."""

    def __init__(self, vae, *, mean: bool):
        super().__init__()
        self.vae, self.only_mean, self.factor = vae, mean, vae.config.scaling_factor

    def forward(self, picture):
        mean, log_variance = self.vae.quant_conv(self.vae.encoder(picture)).chunk(2, 1)
        latent = mean * self.factor
        if self.only_mean:
            return latent
        return latent, torch.exp(0.5 * log_variance.clamp(-30, 20)) * self.factor


class Decode(torch.nn.Module):
    """latent → picture, clamped before the colour fix like in the official code (osediff.py:407)."""

    def __init__(self, vae):
        super().__init__()
        self.vae, self.factor = vae, vae.config.scaling_factor

    def forward(self, latent):
        return self.vae.decoder(self.vae.post_quant_conv(latent / self.factor)).clamp(-1, 1)


class Denoise(torch.nn.Module):
    """x, prompt [1, 77, width] → predicted noise at t = 999, whose embedding is a constant."""

    def __init__(self, unet):
        super().__init__()
        self.unet = unet
        unet.time_embedding = Constant(unet.time_embedding(unet.time_proj(torch.tensor([TIMESTEP]))))

    def forward(self, x, prompt):
        return self.unet(x, TIMESTEP, encoder_hidden_states=prompt.expand(x.shape[0], -1, -1), return_dict=False)[0]


class Constant(torch.nn.Module):
    """Returns the same tensor for every input, with batch 1."""

    def __init__(self, value: torch.Tensor):
        super().__init__()
        self.register_buffer('value', value)

    def forward(self, *_inputs):
        return self.value


def _autoencoder_graphs(bundle: BundleWriter, args, weights: dict, scale: int) -> types.SimpleNamespace:
    """`preprocess`, `encode`, `decode`. Returns latents of the encoder, for tracing and comparing the UNet."""
    side = args.size or sd.CELLS // scale
    vae = load_autoencoder(args.base, weights, args.weights)
    encode, decode = Encode(vae, mean=args.mean), Decode(vae)
    traced, proof = sd.example_image(1, side, side), sd.example_image(2, side, 2 * side)
    if scale != 1:
        upscale = PillowBicubic(scale)
        bundle.graph('preprocess', upscale, {'lq': traced * 0.5 + 0.5}, ['picture'], proof={'lq': proof * 0.5 + 0.5},
                     dynamic=sd.dynamic_axes(lq='source', picture='picture'), range=[0, 1], half=False, tolerance=1 / 200)
        traced, proof = (upscale(view * 0.5 + 0.5) * 2 - 1 for view in (traced, proof))
    outputs = ['latent'] if args.mean else ['latent', 'deviation']
    bundle.graph('encode', encode, {'picture': traced}, outputs, proof={'picture': proof}, dynamic=sd.dynamic_axes(picture='picture', **dict.fromkeys(outputs, 'latent')))
    with torch.no_grad():
        latents = types.SimpleNamespace(traced=encode(traced), proof=encode(proof))
    if not args.mean:
        latents.traced, latents.proof = latents.traced[0], latents.proof[0]
    bundle.graph('decode', decode, {'latent': latents.traced}, ['picture'], proof={'latent': latents.proof}, dynamic=sd.dynamic_axes(latent='latent', picture='picture'))
    return latents


def _denoise_graph(bundle: BundleWriter, args, weights: dict, latents: types.SimpleNamespace, prompt: torch.Tensor):
    denoise = Denoise(load_unet(args.base, weights, args.weights))
    bundle.graph('denoise', denoise, {'x': latents.traced, 'prompt': prompt}, ['out'], proof={'x': latents.proof, 'prompt': prompt},
                 dynamic=sd.dynamic_axes(x='latent', out='latent'))


def _name(args) -> str:
    return 'osediff-face' if args.face else 'osediff' if args.scale in (None, 4) else f'osediff-x{args.scale}'


def _manifest(args, scale: int, weights: Origin) -> dict:
    kind = 'face' if args.face else 'restore' if scale == 1 else 'upscale'
    title = {'face': 'OSEDiff face restoration', 'restore': 'OSEDiff restoration, 1 step', 'upscale': f'OSEDiff ×{scale}, 1 step'}[kind]
    return {
        'name': _name(args),
        'title': title,
        'system': 'osediff',
        'task': kind,
        'scale': scale,
        'grid': {'factor': 8, 'channels': 4},
        'schedule': {},
        'defaultSteps': 1,
        'start': 'encode',
        'range': [-1, 1],
        'multiple': sd.CELLS // scale,
        'tile': sd.tile(args.size, scale),
        'colorFix': 'none' if args.face else 'wavelet',
        'licence': {
            'name': 'Apache-2.0 (OSEDiff) and CreativeML Open RAIL++-M (Stable Diffusion 2.1-base)',
            'url': 'https://huggingface.co/stabilityai/stable-diffusion-2/blob/main/LICENSE-MODEL',
            'redistributable': True,
        },
        'source': f'Exported from {args.weights.name} (sha256 {weights.sha256}) and {args.base.name} with the official code, {ADDRESS} at {COMMIT}; {_describe_prompt(args)}.',
    }


def _describe_prompt(args) -> str:
    if args.ram:
        return f'prompt by {args.ram.name} and {args.dape.name}, with “, {args.prompt},” after the tags'
    if args.prompt_embedding is not None:
        return f'prompt from {args.prompt_embedding.name}'
    return f'prompt “{prompt_text(args)}”'


def _licence(repo: Path) -> str:
    return f"""Two licences apply to this bundle.

1. The weights are those of Stable Diffusion 2.1-base, changed by OSEDiff's. They are under the CreativeML Open RAIL++-M
   License, https://huggingface.co/stabilityai/stable-diffusion-2/blob/main/LICENSE-MODEL. If you redistribute this bundle,
   include a copy of that licence, and bind the recipients to the use restrictions in its attachment A.

2. OSEDiff's code and its own weights, by Rongyuan Wu and others, {ADDRESS}, are under the following licence.

{(repo / 'LICENCE').read_text()}"""


def _card(args, scale: int) -> str:
    return f"""# {_name(args)}

Exported from the official checkpoint {args.weights.name}, trained by the authors of OSEDiff (Wu, Sun, Ma, Zhang: "One-Step
Effective Diffusion Network for Real-World Image Super-Resolution", NeurIPS 2024), on top of Stable Diffusion 2.1-base.
It was not trained further: LoRA (scale 2) and the retrained first convolution were merged into the weights.

| | |
|---|---|
| Code | {ADDRESS}, commit {COMMIT} |
| Base | {args.base.name}, Stability AI |
| Steps | 1, at t = {TIMESTEP} |
| Prompt | {_describe_prompt(args)}, the same for all frames{f' of a shot, from {"the largest face in " if args.face else ""}its first one' if args.ram else ''}; the official code uses the tags of RAM/DAPE for each image |
| Noise | {"none: the mean of the encoder's posterior" if args.mean else "sampled from the encoder's posterior, the same for every frame"} |
| Weights | {'float16, with float32 for normalisation and softmax' if args.fp16 else 'float32'} |
| Upscaling | {'none' if scale == 1 else 'bicubic as in Pillow, rounded to 8 bits, as in the training'} |
| Colour fix | {'none, as in the official command for faces' if args.face else 'wavelet; the default of the official code is AdaIN, which works on whole frames: `--color-fix adain`'} |
| Tiles | {describe_tiles(args.size, sd.CELLS // scale)}, whose outputs are blended; the official code blends noise predictions |

## Licence

Two licences (LICENSE.txt): Apache-2.0 for OSEDiff, and **CreativeML Open RAIL++-M** for Stable Diffusion 2.1-base, whose
use restrictions apply to every copy.
"""


def compare(ours, args):
    """(stage, official, ours) for every stage of one tile; see `check.py`."""
    repo = check_clone(args.repo, commit=COMMIT, address=ADDRESS, needs='osediff.py', any_commit=args.any_commit)
    if ours.manifest['system'] != 'osediff':
        raise ExportError(f'{args.bundle} is a bundle of {ours.manifest["system"]}', 'Give the folder that `export osediff` made')
    _check_prompt(args)
    if bool(args.ram) != ('prompt' in ours.manifest['graphs']):
        raise ExportError(f'{args.bundle} was exported {"without" if args.ram else "with"} --ram and --dape', 'Give the options that `export` was called with')
    with importing(repo, ram.stub_modules()):
        stages = run_official(args, ours)
    encode_in, encoded = ours.calls('encode')[0]
    denoise_in, denoised = ours.calls('denoise')[0]
    decode_in, decoded = ours.calls('decode')[0]
    yield 'prompt', stages.prompt, denoise_in['prompt']
    yield 'enlarged source', stages.source, encode_in['picture']
    yield 'encode: mean', stages.mean, encoded['latent']
    if 'deviation' in encoded:
        yield 'encode: deviation', stages.deviation, encoded['deviation']
    yield 'network input', stages.latent, denoise_in['x']
    yield 'network output', stages.noise, denoised['out']
    yield 'latent before decoding', stages.clean, decode_in['latent']
    yield 'decoded', stages.decoded, decoded['picture']
    yield 'image, step by step', stages.image, ours.final
    yield 'image, one graph', stages.image, ours.fused
    yield 'image, 8 bits between', stages.published, ours.fused
    if ours.adain is not None:
        yield 'image, AdaIN', stages.adain, ours.adain
        yield 'image, AdaIN, 8 bits between', stages.published_adain, ours.adain


@torch.no_grad()
def run_official(args, ours) -> types.SimpleNamespace:
    """The official forward pass, with unmerged LoRA, on the tile and with the noise of `ours`. Call it inside `importing`."""
    with quiet():
        from my_utils.wavelet_color_fix import (
            adain_color_fix,
            adaptive_instance_normalization,
            wavelet_color_fix,
            wavelet_reconstruction,
        )
        from PIL import Image
    # Like test_osediff.py:107-111, for a source whose sides need no adjustment.
    image = Image.fromarray(ours.image)
    image = image.resize((image.width * ours.manifest['scale'], image.height * ours.manifest['scale']))
    unit = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    # Before the other networks are loaded, so that never all of them are in memory.
    tags = ram.official_tags(args, unit) if args.ram else None
    with quiet():
        model = _official_model(args)
    stages = types.SimpleNamespace(source=unit * 2 - 1)
    factor = model.vae.config.scaling_factor

    def moments(_module, _inputs, output):
        mean, log_variance = output.chunk(2, 1)
        stages.mean, stages.deviation = mean * factor, torch.exp(0.5 * log_variance.clamp(-30, 20)) * factor

    def step(_module, inputs, named, output):
        stages.latent, stages.prompt, stages.noise = inputs[0], named['encoder_hidden_states'], output.sample

    def last(_module, inputs):
        stages.clean = inputs[0] * factor

    model.vae.quant_conv.register_forward_hook(moments)
    model.unet.register_forward_hook(step, with_kwargs=True)
    model.vae.post_quant_conv.register_forward_pre_hook(last)

    shape = [1, 4, image.height // 8, image.width // 8]
    posterior = torch.from_numpy(ours.noise[-1]) if 'deviation' in ours.manifest['graphs']['encode']['outputs'] else torch.zeros(shape)
    # The scheduler multiplies the second one by 1e-10.
    draws = iter([posterior, torch.zeros(shape)])
    with quiet(), unittest.mock.patch('torch.randn', lambda *_shape, **_options: next(draws)):
        if args.ram:
            stages.decoded = model(stages.source, f'{tags}, {args.prompt},')
        elif args.prompt_embedding is None:
            stages.decoded = model(stages.source, prompt_text(args))
        else:
            with unittest.mock.patch.object(model, 'encode_prompt', lambda _texts: prompt_embedding(args)):
                stages.decoded = model(stages.source, '')

    wavelet = ours.manifest['colorFix'] == 'wavelet'
    image_out = stages.decoded * 0.5 + 0.5
    stages.image = _to_bytes((wavelet_reconstruction(image_out, unit) if wavelet else image_out).clamp(0, 1).mul(255).round())
    truncated = Image.fromarray(_to_bytes(image_out.mul(255)))
    stages.published = np.asarray(wavelet_color_fix(target=truncated, source=image) if wavelet else truncated)
    stages.adain = _to_bytes(adaptive_instance_normalization(image_out, unit).clamp(0, 1).mul(255).round())
    stages.published_adain = np.asarray(adain_color_fix(target=truncated, source=image))
    return stages


def _to_bytes(image: torch.Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).numpy().astype(np.uint8)


def _official_model(args):
    """The same as the constructor of `OSEDiff_test`, but without requiring a GPU and without its tiled autoencoder."""
    import osediff
    from diffusers import DDPMScheduler
    model = osediff.OSEDiff_test.__new__(osediff.OSEDiff_test)
    torch.nn.Module.__init__(model)
    base = str(args.base)
    if args.prompt_embedding is None:
        model.tokenizer = osediff.AutoTokenizer.from_pretrained(base, subfolder='tokenizer')
        model.text_encoder = osediff.CLIPTextModel.from_pretrained(base, subfolder='text_encoder')
    model.noise_scheduler = DDPMScheduler.from_pretrained(base, subfolder='scheduler')
    model.noise_scheduler.set_timesteps(1)
    model.vae = osediff.AutoencoderKL.from_pretrained(base, subfolder='vae')
    model.unet = osediff.UNet2DConditionModel.from_pretrained(base, subfolder='unet')
    model.weight_dtype = torch.float32
    model.timesteps = torch.tensor([TIMESTEP])
    # Large enough for the tile not to be tiled again.
    model.args = types.SimpleNamespace(latent_tiled_size=1 << 16, latent_tiled_overlap=0)
    model.load_ckpt(checkpoint(args))
    return model.eval()
