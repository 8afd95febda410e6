import numpy as np
import torch

from workshop.nets import checkpoint
from workshop.nets.network import Network
from workshop.training.distribution_matching import DistributionMatching
from workshop.training.train import parse_arguments, run
from workshop.training.trainer import Trainer


def test_a_training_with_distribution_matching_resumes_where_it_stopped(shards, tmp_path):
    torch.manual_seed(1)
    teacher = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8)
    checkpoint.save({'settings': teacher.settings, 'ema': teacher.state_dict()}, tmp_path / 'teacher.pt')

    def options(folder, *more):
        return parse_arguments(['--shards', str(shards), '--run', str(tmp_path / folder), '--width', '8', '--condition-blocks', '1',
                                '--denoise-blocks', '1', '--finish', '8', '--batch', '2', '--threads', '1', '--fp32', '--process', 'onestep',
                                '--teacher', str(tmp_path / 'teacher.pt'), '--matching-weight', '0.5', '--stages', 'gan:200', *more])
    run(options('whole', '--steps', '4'))
    run(options('resumed', '--steps', '2'))
    run(options('resumed', '--steps', '4'))
    whole, resumed = (checkpoint.load(tmp_path / name / 'last.pt')['distribution_matching']['fake_model'] for name in ('whole', 'resumed'))
    assert all(torch.equal(whole[name], value) for name, value in resumed.items())
    assert any(not torch.equal(teacher.state_dict()[name], value) for name, value in resumed.items())
    trainer = Trainer(options('whole'))
    real = trainer.distribution_matching.real_model.state_dict()
    assert all(torch.equal(value, real[name]) for name, value in teacher.state_dict().items())


def test_the_gradient_points_to_the_prediction_of_the_teacher():
    """The teacher predicts white, the fake model mid-grey: gradient descent must make the output brighter."""
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8)
    matching = DistributionMatching(net, np.random.default_rng(1), 1e-3)
    matching.real_model.denoise = lambda x, cond, t, y: torch.ones_like(y)
    matching.fake_model.denoise = lambda x, cond, t, y: torch.zeros_like(y)
    out = torch.zeros(1, 3, 16, 16, requires_grad=True)
    matching.loss(out, torch.zeros_like(out), torch.zeros(1, 3, 4, 4)).backward()
    assert (out.grad < 0).all()
