"""Saves and loads checkpoints. A file is written under a temporary name and then renamed, so a crash leaves no partial file."""
import os
from pathlib import Path

import torch

# Names that older checkpoints use. `load` converts them; files are always written with the current names.
RENAMED_SETTINGS = {'fold': 'pixel_unshuffle_factor', 'quick': 'one_step'}
RENAMED_STATE = {'critic': 'discriminator', 'maker': 'generator_optimizer', 'judge': 'discriminator_optimizer', 'age': 'ema_steps',
                 'place': 'stage_start', 'shards': 'data_files', 'match': 'distribution_matching'}
RENAMED_MATCHING = {'made': 'fake_model', 'learner': 'fake_optimizer'}


def save(contents: dict, file: Path):
    part = file.with_name(file.name + '.part')
    with open(part, 'wb') as out:
        torch.save(contents, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, file)


def load(file: Path) -> dict:
    """The contents of a checkpoint, under the current names."""
    contents = _renamed(torch.load(file, map_location='cpu', weights_only=False), RENAMED_STATE)
    contents['settings'] = _renamed(contents['settings'], RENAMED_SETTINGS)
    if contents.get('distribution_matching'):
        contents['distribution_matching'] = _renamed(contents['distribution_matching'], RENAMED_MATCHING)
    return contents


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """The weights (moving average) of a checkpoint, or of a bundle, whose graphs store them under the network's parameter names."""
    if not path.is_dir():
        return load(path)['ema']
    import onnx  # imported late: only needed to start from a bundle
    from onnx import numpy_helper
    weights = {}
    for file in sorted(path.glob('*.onnx')):
        for tensor in onnx.load(file).graph.initializer:
            if tensor.name.startswith('net.'):
                weights[tensor.name.removeprefix('net.')] = torch.from_numpy(numpy_helper.to_array(tensor).copy())
    if not weights:
        raise SystemExit(f'{path} contains no graph with weights of a network of this workshop')
    return weights


def _renamed(contents: dict, names: dict[str, str]) -> dict:
    return {names.get(name, name): value for name, value in contents.items()}
