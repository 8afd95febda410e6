import torch

from workshop.nets import checkpoint
from workshop.nets.network import Network, upsample_bicubic
from workshop.training.train import arguments, run
from workshop.training.trainer import Training


def test_a_one_step_network_learns_from_the_ground_truth_and_from_a_teacher(shards, tmp_path):
    torch.manual_seed(1)
    teacher = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8)
    torch.nn.init.zeros_(teacher.leave.weight)  # so its prediction is the upscaled source
    checkpoint.save({'settings': teacher.settings, 'ema': teacher.state_dict()}, tmp_path / 'teacher.pt')
    a = arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--quick', '--width', '8', '--condition-blocks', '1',
                   '--process', 'onestep', '--teacher', str(tmp_path / 'teacher.pt'), '--distil', '0.5', '--batch', '2',
                   '--threads', '1', '--fp32', '--steps', '4', '--stages', 'b:2,gan:200'])
    training = Training(a)
    lq = torch.rand(2, 3, 6, 6) * 2 - 1
    assert torch.allclose(training.taught(upsample_bicubic(lq), lq), upsample_bicubic(lq), atol=1e-6)
    before = {name: value.clone() for name, value in training.net.state_dict().items()}
    run(a)
    after = Training(a).net.state_dict()
    assert all(not torch.equal(after[name], before[name]) for name in before)
