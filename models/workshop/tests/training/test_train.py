import os
import signal
import threading
import time

import numpy as np
import pytest
import torch

from workshop.exporters.embedded import export, load_network
from workshop.nets import checkpoint
from workshop.training.train import parse_arguments, run
from workshop.training.trainer import Trainer


def options(shards, folder, *more):
    return parse_arguments(['--shards', str(shards), '--run', str(folder), '--width', '8', '--condition-blocks', '1',
                            '--denoise-blocks', '1', '--finish', '8', '--batch', '2', '--threads', '1', '--fp32',
                            '--stages', 'a:2,b:2,gan:200', '--spectral-weight', '0.1', '--log-every', '2',
                            '--checkpoint-every', '2', *more])


def test_a_resumed_training_ends_with_the_same_weights(shards, tmp_path):
    run(options(shards, tmp_path / 'whole', '--steps', '6'))
    for steps in ('1', '3', '5', '6'):
        run(options(shards, tmp_path / 'resumed', '--steps', steps))
    whole, resumed = (checkpoint.load(tmp_path / name / 'last.pt') for name in ('whole', 'resumed'))
    for part in ('net', 'ema', 'discriminator'):
        assert all(torch.equal(whole[part][name], resumed[part][name]) for name in whole[part]), part
    assert whole['rng'] == resumed['rng']


def test_a_training_resumes_from_a_checkpoint_with_the_old_names(shards, tmp_path):
    run(options(shards, tmp_path / 'whole', '--steps', '5'))
    run(options(shards, tmp_path / 'old', '--steps', '3'))
    old_names = {**{new: old for old, new in checkpoint.RENAMED_STATE.items()}, 'settings': 'settings'}
    last = checkpoint.load(tmp_path / 'old' / 'last.pt')
    last['settings']['fold'] = last['settings'].pop('pixel_unshuffle_factor')
    last = {old_names.get(name, name): value for name, value in last.items()}
    assert {'critic', 'maker', 'judge', 'age', 'place', 'shards', 'match'} < set(last)
    torch.save(last, tmp_path / 'old' / 'last.pt')
    run(options(shards, tmp_path / 'old', '--steps', '5'))
    whole, old = (checkpoint.load(tmp_path / name / 'last.pt') for name in ('whole', 'old'))
    assert all(torch.equal(whole[part][name], old[part][name]) for part in ('net', 'ema', 'discriminator') for name in whole[part])


def test_every_stage_writes_its_weights_and_the_curves(shards, tmp_path):
    run(options(shards, tmp_path / 'run', '--steps', '4', '--validation', str(shards), '--validate-every', '2'))
    files = {f.name for f in (tmp_path / 'run').iterdir()}
    assert {'a.pt', 'b.pt', 'weights.pt', 'last.pt', 'log.csv', 'curve.png'} <= files
    assert len(list((tmp_path / 'run' / 'samples').glob('*.png'))) == 2
    assert not any(name.endswith('.part') for name in files)


@pytest.mark.parametrize('more', [['--task', 'inpaint', '--scale', '1', '--pixel-unshuffle-factor', '4'], ['--process', 'dossr'],
                                  ['--process', 'onestep']])
def test_every_task_and_process_trains_validates_and_exports(more, shards, tmp_path):
    run(options(shards, tmp_path / 'run', '--validation', str(shards), '--validate-every', '2', '--steps', '5', *more))
    assert np.isfinite(float((tmp_path / 'run' / 'log.csv').read_text().splitlines()[-1].split(',')[3]))
    assert max(export(load_network(tmp_path / 'run' / 'weights.pt'), tmp_path / 'out').values()) < 1e-4


def test_it_sleeps_while_the_pause_file_exists_and_saves_a_checkpoint_first(shards, tmp_path):
    switch, folder = tmp_path / 'PAUSE', tmp_path / 'run'
    (tmp_path / 'PAUSE-mine').touch()
    threading.Timer(1.5, lambda: (tmp_path / 'PAUSE-mine').unlink()).start()
    began = time.monotonic()
    run(options(shards, folder, '--steps', '1', '--pause', str(switch)))
    assert time.monotonic() - began > 1.4
    assert checkpoint.load(folder / 'last.pt')['step'] == 1


def test_a_stop_signal_ends_the_training_after_the_step_with_a_checkpoint(shards, tmp_path):
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    run(options(shards, tmp_path / 'run', '--minutes', '1'))
    assert checkpoint.load(tmp_path / 'run' / 'last.pt')['step'] > 0


def test_frozen_parts_do_not_change_and_the_others_do(shards, tmp_path):
    a = options(shards, tmp_path / 'run', '--steps', '3', '--freeze', 'enter', 'condition_blocks', '--discriminator-every', '2')
    before = {name: value.clone() for name, value in Trainer(a).net.state_dict().items()}
    run(a)
    changed = {name.split('.')[0] for name, value in checkpoint.load(tmp_path / 'run' / 'last.pt')['net'].items()
               if not torch.equal(value, before[name])}
    assert changed and not changed & {'enter', 'condition_blocks'}


def test_a_training_reads_scenes_and_a_stage_may_last_minutes(add_chunk, images, tmp_path):
    def scene_options(*more):
        return parse_arguments(['--scenes', str(add_chunk(4)), '--images', str(images), '--run', str(tmp_path / 'run'),
                                '--width', '8', '--condition-blocks', '1', '--denoise-blocks', '1', '--finish', '8', '--batch', '2',
                                '--crop', '64', '--threads', '1', '--fp32', '--log-every', '2', '--stages', 'b:0.00001m,gan:1m', *more])
    run(scene_options('--steps', '3'))
    assert (tmp_path / 'run' / 'b.pt').exists()
    run(scene_options('--steps', '5'))
    assert checkpoint.load(tmp_path / 'run' / 'last.pt')['stage_start']['number'] == 1
