"""A checkpoint is whole or not there: written beside its place and moved into it."""
import os
from pathlib import Path

import torch


def save(what: dict, file: Path):
    part = file.with_name(file.name + '.part')
    with open(part, 'wb') as out:
        torch.save(what, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, file)


def weights(place: Path) -> dict[str, torch.Tensor]:
    """Of a checkpoint, or of a bundle: its graphs hold the weights under the names the network gave them."""
    if not place.is_dir():
        return load(place)['ema']
    import onnx  # late: only who starts from a bundle needs it
    from onnx import numpy_helper
    found = {}
    for file in sorted(place.glob('*.onnx')):
        for tensor in onnx.load(file).graph.initializer:
            if tensor.name.startswith('net.'):
                found[tensor.name.removeprefix('net.')] = torch.from_numpy(numpy_helper.to_array(tensor).copy())
    if not found:
        raise SystemExit(f'{place} holds no graphs with the weights of a network made here')
    return found


def load(file: Path) -> dict:
    return torch.load(file, map_location='cpu', weights_only=False)
