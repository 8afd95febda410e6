"""Shared by OSEDiff and DoSSR: sizes of Stable Diffusion 2.1, and loading its base folder in the layout of diffusers."""
import json
from pathlib import Path

import torch

from .common import ExportError, check_download, load_checkpoint, load_tensors

# Image pixels per cell of the lowest level of the UNet, each way: 8 in the autoencoder times 8 in the UNet.
CELLS = 64
BASE = 'https://huggingface.co/stabilityai/stable-diffusion-2-1-base'
WHAT = f'a whole copy of {BASE} with --base'
REMEDY = f'Give a whole copy of {BASE} (or an identical one: docs/systems.md has its hashes) with --base'
# Of one part of the base, the first that is there.
WEIGHTS = ['diffusion_pytorch_model.safetensors', 'model.safetensors', 'diffusion_pytorch_model.bin', 'pytorch_model.bin']
# Older parameter names, which Stable Diffusion 2.1-base uses.
OLD_NAMES = {'.query.': '.to_q.', '.key.': '.to_k.', '.value.': '.to_v.', '.proj_attn.': '.to_out.0.'}


def config(base: Path, part: str, name: str = 'config.json') -> dict:
    file = base / part / name
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise ExportError(f'{base} is not a folder of Stable Diffusion 2.1-base: {part}/{name} is not there or not readable', REMEDY) from error


def check_base(base: Path, parts: list[str]):
    """ExportError if the weights of a part are missing or cut off, before the other parts take minutes."""
    for part in parts:
        config(base, part)
        file = weights(base, part)
        if file.suffix == '.safetensors':
            _check_whole(file)
        else:
            check_download(file, WHAT)


def weights(base: Path, part: str) -> Path:
    file = next((base / part / name for name in WEIGHTS if (base / part / name).is_file()), None)
    if file is None:
        raise ExportError(f'{base / part} holds none of {", ".join(WEIGHTS)}', REMEDY)
    return file


def _check_whole(file: Path):
    """A safetensors file begins with the length of its header, which has the end of every tensor."""
    with open(file, 'rb') as opened:
        head = opened.read(8)
        if head == b'version ':
            raise ExportError(f'{file} is only a pointer of git-lfs', 'Run: git lfs pull')
        length = int.from_bytes(head, 'little')
        size = file.stat().st_size
        try:
            tensors = json.loads(opened.read(min(length, size)))
            whole = 8 + length + max(tensor['data_offsets'][1] for name, tensor in tensors.items() if name != '__metadata__')
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExportError(f'{file} cannot be read: it is damaged, or half a download', REMEDY) from error
    if size != whole:
        raise ExportError(f'{file} has {size} bytes, and its header describes {whole}: it is damaged, or half a download', REMEDY)


def load(kind: type, base: Path, part: str) -> torch.nn.Module:
    """The network `part` of the folder, as the diffusers class `kind`, float32, in inference mode."""
    with torch.device('meta'):
        module = kind.from_config(config(base, part))
    tensors, file = _tensors(base / part)
    return _load_tensors(module, {_current_name(name): tensor for name, tensor in tensors.items()}, file)


def _load_tensors(module, tensors, file):
    module = module.to_empty(device='cpu')
    load_tensors(module, {name: tensor.float() for name, tensor in tensors.items()}, file, WHAT)
    return module


def _current_name(name: str) -> str:
    for old, new in OLD_NAMES.items():
        if '.attentions.' in name:
            name = name.replace(old, new)
    return name


def _tensors(folder: Path) -> tuple[dict, Path]:
    file = folder / 'diffusion_pytorch_model.safetensors'
    if not file.is_file() and (other := folder / 'diffusion_pytorch_model.bin').is_file():
        return load_checkpoint(other, WHAT), other
    if not file.is_file():
        raise ExportError(f'{file} is not there', REMEDY)
    _check_whole(file)
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    try:
        return load_file(file), file
    except (SafetensorError, OSError) as error:
        raise ExportError(f'{file} cannot be read ({error}): it is damaged, or half a download', REMEDY) from error


def text_encoder(base: Path) -> tuple:
    """The tokenizer and the text encoder of the folder."""
    from transformers import AutoTokenizer, CLIPTextModel
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(base), subfolder='tokenizer', local_files_only=True)
        encoder, loading = CLIPTextModel.from_pretrained(str(base), subfolder='text_encoder', local_files_only=True, output_loading_info=True)
    except Exception as error:  # of many types
        reason = str(error).strip().splitlines()[0]
        raise ExportError(f'{base} is not a whole folder of Stable Diffusion 2.1-base: its tokenizer or text_encoder cannot be loaded ({reason})',
                          f'{REMEDY}, or a prompt embedding with --prompt-embedding') from error
    if loading['missing_keys']:
        raise ExportError(f'{base}/text_encoder is not whole: {loading["missing_keys"][0]} is missing', REMEDY)
    return tokenizer, encoder.eval()


@torch.no_grad()
def text_embedding(base: Path, text: str) -> torch.Tensor:
    """[1, 77, width]: the last hidden state of the text encoder, like in OSEDiff."""
    tokenizer, encoder = text_encoder(base)
    tokens = tokenizer(text, max_length=tokenizer.model_max_length, padding='max_length', truncation=True, return_tensors='pt').input_ids
    return encoder(tokens)[0].float()


def example_image(n: int, h: int, w: int) -> torch.Tensor:
    """An input for tracing and comparing, [n, 3, h, w], -1 … 1."""
    generator = torch.Generator().manual_seed(h + w)
    coarse = torch.randn(n, 3, 5, 5, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(h, w), mode='bicubic').clamp(-1, 1)


def dynamic_axes(**grids: str) -> dict:
    """Free batch and size, by role; `grids`: role → name of the grid of its size."""
    return {role: {0: 'n', 2: f'h_{grid}', 3: f'w_{grid}'} for role, grid in grids.items()}


def tile(size: int | None, scale: int) -> dict:
    """Tiles of 512 output pixels, the training size; frames up to 768, the official tile of OSEDiff, are not tiled."""
    if size is not None:
        return {'wholeUpTo': size * size, 'size': size, 'overlap': size // 4, 'fixed': True}
    side, whole = 512 // scale, 768 // scale
    return {'wholeUpTo': whole * whole, 'size': side, 'overlap': side // 4}


def export_bytes(parameters: int, *, half: bool) -> int:
    """Peak memory of an export, from the number of parameters of the largest graph. Float16 is made of the float32 graph, beside it."""
    return (14 if half else 12) * parameters + (2 << 30)
