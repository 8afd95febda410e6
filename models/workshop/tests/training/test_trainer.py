import pytest
import torch

from workshop.exporters.embedded import export
from workshop.nets import checkpoint
from workshop.nets.network import Network, upsample_bicubic
from workshop.training.diffusion import PROCESSES
from workshop.training.train import parse_arguments, run
from workshop.training.trainer import Trainer


def test_a_one_step_network_learns_from_the_ground_truth_and_from_a_teacher(shards, tmp_path):
    torch.manual_seed(1)
    teacher = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8)
    torch.nn.init.zeros_(teacher.leave.weight)  # so its prediction is the upscaled source
    checkpoint.save({'settings': teacher.settings, 'ema': teacher.state_dict()}, tmp_path / 'teacher.pt')
    a = parse_arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--one-step-network', '--width', '8',
                         '--condition-blocks', '1', '--process', 'onestep', '--teacher', str(tmp_path / 'teacher.pt'),
                         '--distill-weight', '0.5', '--batch', '2', '--threads', '1', '--fp32', '--steps', '4', '--stages', 'b:2,gan:200'])
    trainer = Trainer(a)
    lq = torch.rand(2, 3, 6, 6) * 2 - 1
    assert torch.allclose(trainer.teacher_prediction(upsample_bicubic(lq), lq), upsample_bicubic(lq), atol=1e-6)
    before = {name: value.clone() for name, value in trainer.net.state_dict().items()}
    run(a)
    after = Trainer(a).net.state_dict()
    assert all(not torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize('process', ['resshift', 'dossr', 'onestep'])
def test_a_training_can_start_from_a_bundle(process, shards, tmp_path):
    torch.manual_seed(1)
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8, steps=PROCESSES[process].levels)
    net.process = process
    export(net, tmp_path / 'bundle')
    weights = checkpoint.load_weights(tmp_path / 'bundle')
    assert set(weights) == set(net.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in net.state_dict().items())
    trainer = Trainer(parse_arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--width', '8', '--finish', '8',
                                       '--condition-blocks', '1', '--denoise-blocks', '1', '--process', process,
                                       '--init', str(tmp_path / 'bundle')]))
    assert all(torch.equal(value, weights[name]) for name, value in trainer.net.state_dict().items())


def test_an_inpainting_network_does_not_see_masked_pixels_and_only_changes_them(shards, tmp_path):
    trainer = Trainer(parse_arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--width', '8', '--task',
                                       'inpaint', '--scale', '1', '--pixel-unshuffle-factor', '4']))
    x0, (lq, mask), weight = trainer.prepare_batch(*trainer.data.batch(4, trainer.rng), trainer.rng)
    assert set(mask.unique().tolist()) == {-1, 1}
    masked = (mask > 0).expand_as(lq)
    visible = trainer.visible_output(x0 + 1, x0, [lq, mask])
    assert (visible[masked] > x0[masked]).all() and torch.equal(visible[~masked], x0[~masked])
    assert (lq[masked] != x0[masked]).float().mean() > 0.9 and torch.equal(lq[~masked], x0[~masked])
    assert abs(weight.mean().item() - 1) < 1e-5


def test_an_empty_folder_of_shards_is_an_error(tmp_path):
    (tmp_path / 'none').mkdir()
    with pytest.raises(SystemExit, match='there are no shards'):
        Trainer(parse_arguments(['--shards', str(tmp_path / 'none'), '--run', str(tmp_path / 'run')]))
