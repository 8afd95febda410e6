import json
from pathlib import Path

import numpy as np
import pytest
import torch

from workshop.data.inpaint_masks import holes
from workshop.exporters.embedded import DenoiseDoSSR, DenoiseOneStep, export, read_net
from workshop.nets import checkpoint
from workshop.nets.network import Network
from workshop.training.diffusion import PROCESSES, DoSSR, OneStep, ResShift, sd_alphas_bar
from workshop.training.train import arguments, run
from workshop.training.trainer import Training

GOLDEN = Path(__file__).parents[4] / 'test' / 'golden'


def oracle(x0):
    """A network that knows the answer."""
    return lambda seen, level: x0


@pytest.mark.parametrize('process', [ResShift, DoSSR, OneStep])
def test_a_network_that_knows_the_answer_is_led_to_it(process):
    torch.manual_seed(1)
    x0, y = torch.rand(2, 3, 8, 8) * 2 - 1, torch.rand(2, 3, 8, 8) * 2 - 1
    made = process(np.random.default_rng(1))
    for steps in made.walks:
        end = made.sample(y, oracle(x0), steps) - x0
        assert end.abs().max() < (0.05 if process is DoSSR else 1e-6)  # DoSSR's last step adds noise of 0.029 / 4
    assert torch.equal(made.walked(y, oracle(x0)), x0)


def test_detail_is_asked_of_the_later_steps_alone():
    made = ResShift(np.random.default_rng(1))
    asked = {}
    for _ in range(60):
        visited = []
        made.walked(torch.zeros(1, 3, 4, 4), lambda seen, level: visited.append(level) or seen)
        asked[visited[-1]] = made.detail
    assert asked == {3: 0.0, 2: 0.5, 1: 1.0, 0: 1.0}


def test_the_domain_shift_is_the_official_one():
    golden = json.loads((GOLDEN / 'dossr_schedules.json').read_text())
    process = DoSSR(np.random.default_rng(1))
    assert process.t == golden['space_timesteps']['500:6']
    bar, at = golden['base']['alphas_cumprod'], golden['base']['index']
    assert np.allclose(sd_alphas_bar()[at], bar, rtol=1e-12)
    early = [(i, eta) for i, eta in zip(at, golden['etas']['trunc_12']) if i < 500]
    assert len(early) > 5 and all(abs(process.eta[i] - eta) < 1e-12 for i, eta in early)
    assert abs(process.eta[0] - 2.4674e-6) < 1e-9 and abs(process.eta[499] - 0.9999975) < 1e-7
    assert abs(process.a[499] - 0.526944) < 1e-6 and abs(process.s[499] - 0.849900) < 1e-6


def test_the_last_step_of_five_weighs_as_in_the_reference(monkeypatch):
    process = DoSSR(np.random.default_rng(1))
    monkeypatch.setattr(torch, 'randn_like', torch.zeros_like)
    one, none = torch.ones(1), torch.zeros(1)
    assert abs(process.stepped(one, none, [none], 1).item() - 0.0069) < 5e-5
    assert abs(process.stepped(none, one, [none], 1).item() + 0.00062) < 5e-6
    assert abs(process.stepped(none, none, [one], 1).item() - 0.9937) < 5e-5


@pytest.mark.parametrize('process', ['dossr', 'onestep'])
def test_the_graph_gives_what_the_plan_turns_back_into_the_prediction(process, tmp_path):
    torch.manual_seed(1)
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8, steps=10).eval()
    net.process = process
    assert max(export(net, tmp_path).values()) < 1e-5
    lq = torch.rand(1, 3, 6, 6) * 2 - 1
    cond, y = net.condition(lq), torch.rand(1, 3, 24, 24)
    with torch.no_grad():
        if process == 'dossr':
            t, made = 399, DoSSR(np.random.default_rng(1))
            x = 4 * y + torch.randn_like(y)
            out = DenoiseDoSSR(net)(x, cond, torch.tensor([t]), y)
            again = (x - made.s[t] * out) / made.a[t] / made.GAIN
            x0 = net.denoise(x / made.scale_of(t), cond, torch.tensor([t // 50 + 1]), y)
        else:
            a2 = np.float32(sd_alphas_bar()[999])
            out = DenoiseOneStep(net)(y, cond, torch.tensor([999]), y)
            again = (y - (1 - a2) ** 0.5 * out) / a2 ** 0.5
            x0 = net.denoise(y / 0.5, cond, torch.tensor([1]), y)
    assert (again - x0).abs().max() < 1e-5


def test_holes_are_there_and_leave_most_of_the_picture():
    made = holes(40, 96, np.random.default_rng(3))
    assert made.shape == (40, 96, 96) and made.any((1, 2)).mean() > 0.9 and made.mean() < 0.25


@pytest.mark.parametrize('more', [['--task', 'inpaint', '--scale', '1', '--fold', '4'], ['--process', 'dossr'],
                                  ['--process', 'onestep']])
def test_every_kind_trains_validates_and_exports(more, shards, tmp_path):
    a = arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--width', '8', '--condition-blocks', '1',
                   '--denoise-blocks', '1', '--finish', '8', '--batch', '2', '--threads', '1', '--fp32', '--stages',
                   'a:2,b:2,gan:200', '--look', '2', '--keep', '2', '--held', str(shards), '--validate', '2',
                   '--steps', '5', *more])
    run(a)
    assert np.isfinite(float((tmp_path / 'run' / 'log.csv').read_text().splitlines()[-1].split(',')[3]))
    assert max(export(read_net(tmp_path / 'run' / 'weights.pt'), tmp_path / 'out').values()) < 1e-4


@pytest.mark.parametrize('kind', ['resshift', 'dossr', 'onestep'])
def test_a_training_can_start_from_a_bundle(kind, shards, tmp_path):
    torch.manual_seed(1)
    net = Network(width=8, condition_blocks=1, denoise_blocks=1, finish=8, steps=PROCESSES[kind].levels)
    net.process = kind
    export(net, tmp_path / 'bundle')
    found = checkpoint.load_weights(tmp_path / 'bundle')
    assert set(found) == set(net.state_dict()) and all(torch.equal(found[n], v) for n, v in net.state_dict().items())
    training = Training(arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--width', '8', '--finish', '8',
                                   '--condition-blocks', '1', '--denoise-blocks', '1', '--process', kind,
                                   '--init', str(tmp_path / 'bundle')]))
    assert all(torch.equal(v, found[n]) for n, v in training.net.state_dict().items())
    with pytest.raises(SystemExit, match='contains no graph'):
        checkpoint.load_weights(tmp_path)


def test_what_lies_in_a_hole_is_not_shown_to_the_network(shards, tmp_path):
    training = Training(arguments(['--shards', str(shards), '--run', str(tmp_path / 'run'), '--width', '8', '--task',
                                   'inpaint', '--scale', '1', '--fold', '4']))
    x0, (lq, mask), weight = training.task(*training.data.batch(4, training.rng), training.rng)
    assert set(mask.unique().tolist()) == {-1, 1}
    hole = (mask > 0).expand_as(lq)
    shown = training.shown(x0 + 1, x0, [lq, mask])
    assert (shown[hole] > x0[hole]).all() and torch.equal(shown[~hole], x0[~hole])
    assert (lq[hole] != x0[hole]).float().mean() > 0.9 and torch.equal(lq[~hole], x0[~hole])
    assert abs(weight.mean().item() - 1) < 1e-5
