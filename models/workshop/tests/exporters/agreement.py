"""Runs a bundle through remaster beside the official code, and says how far apart they are."""
import argparse
from pathlib import Path

import numpy as np
import onnx

from workshop.exporters import check


def stages(system: str, bundle: Path, options: list[str], folder: Path) -> dict:
    """Stage → (official, ours)."""
    parser = argparse.ArgumentParser()
    parser.add_argument('bundle', type=Path)
    check.add_arguments(parser, system)
    args = parser.parse_args([str(bundle), *options])
    folder.mkdir(exist_ok=True)
    found = check.module_of(system).compare(check.engine_run(args, folder), args)
    return {stage: (np.asarray(official, np.float64), np.asarray(ours, np.float64)) for stage, official, ours in found}


def fixed_sizes(bundle: Path) -> bool:
    """True when no input of any graph is of free size or batch."""
    graphs = [onnx.load(file, load_external_data=False).graph for file in bundle.glob('*.onnx')]
    return all(dim.dim_value > 0 for graph in graphs for value in graph.input for dim in value.type.tensor_type.shape.dim)


def furthest(official, ours) -> float:
    """Largest difference, in parts of the largest official value."""
    assert official.shape == ours.shape
    return float(np.abs(official - ours).max() / np.abs(official).max())


def agree(differences: dict):
    """To float32's precision everywhere, and to one of 255 levels in fewer than one of 1000 samples at the end."""
    for stage, (official, ours) in differences.items():
        if stage in ('picture, truncated', 'picture, 8 bits between'):
            assert np.abs(official - ours).max() <= 2, stage  # rounded otherwise, officially
        elif stage.startswith('picture'):
            assert np.abs(official - ours).max() <= 1 and (official != ours).mean() < 0.001, stage
            assert official.std() > 10, f'{stage} shows nothing'
        else:
            assert furthest(official, ours) < 5e-5, stage
