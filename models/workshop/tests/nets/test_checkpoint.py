import pytest
import torch

from workshop.nets import checkpoint
from workshop.nets.network import Network, build_network
from workshop.nets.one_step_network import OneStepNetwork


@pytest.mark.parametrize('net', [Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8, scale=1, pixel_unshuffle_factor=4),
                                 OneStepNetwork(width=8, blocks=1)])
def test_checkpoints_with_the_old_names_of_settings_are_read(net, tmp_path):
    old = {'pixel_unshuffle_factor': 'fold', 'one_step': 'quick'}
    settings = {old.get(name, name): value for name, value in net.settings.items()}
    assert settings != net.settings
    torch.save({'settings': settings, 'ema': net.state_dict()}, tmp_path / 'old.pt')
    loaded = checkpoint.load(tmp_path / 'old.pt')
    assert loaded['settings'] == net.settings
    build_network(loaded['settings']).load_state_dict(loaded['ema'])


def test_a_folder_without_graphs_is_not_a_bundle(tmp_path):
    with pytest.raises(SystemExit, match='contains no graph'):
        checkpoint.load_weights(tmp_path)


def test_saving_leaves_no_temporary_file(tmp_path):
    checkpoint.save({'settings': {}, 'step': 1}, tmp_path / 'last.pt')
    assert [file.name for file in tmp_path.iterdir()] == ['last.pt']
    assert checkpoint.load(tmp_path / 'last.pt')['step'] == 1
