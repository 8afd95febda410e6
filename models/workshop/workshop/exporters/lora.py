"""Merges LoRA weights in the format of peft: W' = W + (alpha/r)·B·A."""
from pathlib import Path

import torch

from .common import ExportError

# The default of peft, which the official code uses: with r = 4 the scale is 2, not 1.
ALPHA = 8


def merge(module: torch.nn.Module, tensors: dict, rank: int, file: Path, what: str, named: list[str]):
    """
    Changes the weights of `module` in place. `tensors`: `<layer>.lora_A.<adapter>.weight` [r, i(, k, k)] and
    `<layer>.lora_B.<adapter>.weight` [o, r(, 1, 1)]. `named`: layers that must be in them.
    """
    remedy = f'Give {what}'
    layers = dict(module.named_modules())
    merged = set()
    for name, a in tensors.items():
        layer, found, rest = name.partition('.lora_A.')
        if not found:
            continue
        b = tensors.get(f'{layer}.lora_B.{rest}')
        weight = getattr(layers.get(layer), 'weight', None)
        if b is None or weight is None:
            raise ExportError(f'{file} is another checkpoint: {layer} has no {"second half in it" if b is None else "place in the network"}', remedy)
        fits = a.shape[0] == b.shape[1] == rank and a.shape[1:] == weight.shape[1:] and b.shape[0] == weight.shape[0]
        if not fits:
            raise ExportError(f'{file} is another checkpoint: its {layer} is shaped {list(b.shape)}·{list(a.shape)}, but the network has {list(weight.shape)}', remedy)
        if not (a.isfinite().all() and b.isfinite().all()):
            raise ExportError(f'{file} is damaged: {layer} holds values that are no numbers', 'Download it again')
        with torch.no_grad():
            weight += (ALPHA / rank) * (b.flatten(1).float() @ a.flatten(1).float()).view_as(weight)
        merged.add(layer)
    # The official lists contain a layer once for every pattern that matches it.
    missing = [name for name in dict.fromkeys(named) if name not in merged]
    if missing or not merged:
        raise ExportError(f'{file} is another checkpoint: {len(missing) or "all"} of its LoRA layers are not in it{", the first " + missing[0] if missing else ""}', remedy)
