import os
import signal
import threading
import time

import pytest
import torch

from workshop.nets import checkpoint
from workshop.training.train import arguments, run
from workshop.training.trainer import Training


def settings(shards, folder, *more):
    return arguments(['--shards', str(shards), '--run', str(folder), '--width', '8', '--condition-blocks', '1',
                      '--denoise-blocks', '1', '--finish', '8', '--batch', '2', '--threads', '1', '--fp32',
                      '--stages', 'a:2,b:2,gan:200', '--spectrum', '0.1', '--look', '2', '--keep', '2', *more])


def test_a_training_that_was_stopped_ends_with_the_same_weights(shards, tmp_path):
    run(settings(shards, tmp_path / 'whole', '--steps', '6'))
    for steps in ('1', '3', '5', '6'):
        run(settings(shards, tmp_path / 'torn', '--steps', steps))
    whole, torn = (checkpoint.load(tmp_path / name / 'last.pt') for name in ('whole', 'torn'))
    for part in ('net', 'ema', 'critic'):
        assert all(torch.equal(whole[part][name], torn[part][name]) for name in whole[part]), part
    assert whole['rng'] == torn['rng']


def test_every_stage_leaves_its_weights_and_the_curve(shards, tmp_path):
    run(settings(shards, tmp_path / 'run', '--steps', '4', '--held', str(shards), '--validate', '2'))
    kept = {f.name for f in (tmp_path / 'run').iterdir()}
    assert {'a.pt', 'b.pt', 'weights.pt', 'last.pt', 'log.csv', 'curve.png'} <= kept
    assert len(list((tmp_path / 'run' / 'samples').glob('*.png'))) == 2
    assert not any(name.endswith('.part') for name in kept)


def test_it_sleeps_while_the_switch_is_there_and_keeps_its_place_first(shards, tmp_path):
    switch, folder = tmp_path / 'PAUSE', tmp_path / 'run'
    (tmp_path / 'PAUSE-mine').touch()
    threading.Timer(1.5, lambda: (tmp_path / 'PAUSE-mine').unlink()).start()
    began = time.monotonic()
    run(settings(shards, folder, '--steps', '1', '--pause', str(switch)))
    assert time.monotonic() - began > 1.4
    assert checkpoint.load(folder / 'last.pt')['step'] == 1


def test_a_stop_signal_ends_after_the_step_with_a_checkpoint(shards, tmp_path):
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    run(settings(shards, tmp_path / 'run', '--minutes', '1'))
    assert checkpoint.load(tmp_path / 'run' / 'last.pt')['step'] > 0


def test_no_shards_is_said_in_a_sentence(tmp_path):
    (tmp_path / 'none').mkdir()
    with pytest.raises(SystemExit, match='there are no shards'):
        Training(settings(tmp_path / 'none', tmp_path / 'run'))


def test_a_fixed_part_stays_and_the_rest_learns(shards, tmp_path):
    a = settings(shards, tmp_path / 'run', '--steps', '3', '--fix', 'enter', 'condition_blocks', '--judge-every', '2')
    before = {name: value.clone() for name, value in Training(a).net.state_dict().items()}
    run(a)
    changed = {name.split('.')[0] for name, value in checkpoint.load(tmp_path / 'run' / 'last.pt')['net'].items()
               if not torch.equal(value, before[name])}
    assert changed and not changed & {'enter', 'condition_blocks'}
