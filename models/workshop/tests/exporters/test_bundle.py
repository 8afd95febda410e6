import os
import stat

import pytest
import torch

from workshop.exporters import bundle


@pytest.mark.parametrize('umask', [0o022, 0o077])
def test_weights_beside_a_graph_are_as_readable_as_the_graph(umask, tmp_path, monkeypatch):
    """An administrator exports, and a service of another user reads."""
    monkeypatch.setattr(bundle, 'EXTERNAL_ABOVE', 0)
    before = os.umask(umask)
    try:
        with bundle.BundleWriter(tmp_path / 'made', half=False) as writer:
            writer.graph('denoise', torch.nn.Linear(64, 64), {'x': torch.ones(1, 64)}, ['out'])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in writer.part.iterdir()}
    finally:
        os.umask(before)
    assert modes == {'denoise.onnx': 0o666 & ~umask, 'denoise.data': 0o666 & ~umask}
