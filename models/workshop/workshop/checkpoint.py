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


def load(file: Path) -> dict:
    return torch.load(file, map_location='cpu', weights_only=False)
