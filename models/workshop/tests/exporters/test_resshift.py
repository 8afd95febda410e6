import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import git
from random_weights import resshift_weights

pytest.importorskip('omegaconf')
pytest.importorskip('einops')
from omegaconf import OmegaConf  # noqa: E402

from workshop.exporters import resshift  # noqa: E402
from workshop.exporters.__main__ import main  # noqa: E402
from workshop.exporters.common import importing  # noqa: E402


def narrow(repo, task: str, folder):
    """A task's own configuration with few channels and blocks: config.yaml, denoiser.pth, autoencoder.pth."""
    folder.mkdir(parents=True, exist_ok=True)
    config = resshift._read_config(repo / 'configs' / f'{resshift.TASKS[task].config}.yaml')
    config['model']['params'].update(model_channels=32, swin_embed_dim=32, num_head_channels=16, num_res_blocks=[1, 1, 1, 1])
    config['autoencoder']['params']['n_embed'] = 512
    drawn = config['autoencoder']['params']['ddconfig']
    drawn.update(ch=32, ch_mult=[1] * len(drawn['ch_mult']), num_res_blocks=1)
    OmegaConf.save(config, folder / 'config.yaml')
    with importing(repo, resshift._stand_ins()), torch.no_grad():
        resshift_weights(config, folder)
    return ['--repo', str(repo), '--weights', str(folder / 'denoiser.pth'), '--autoencoder', str(folder / 'autoencoder.pth'),
            '--config', str(folder / 'config.yaml')]
