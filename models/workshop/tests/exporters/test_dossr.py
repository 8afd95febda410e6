import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

pytest.importorskip('omegaconf')
pytest.importorskip('open_clip')
pytest.importorskip('transformers')
from agreement import assert_agreement, fixed_sizes, largest_difference, stages  # noqa: E402
from random_dossr import make_checkpoint, narrow  # noqa: E402

from workshop.exporters import dossr  # noqa: E402
from workshop.exporters.__main__ import main  # noqa: E402
from workshop.exporters.common import ExportError, importing  # noqa: E402


@pytest.fixture(scope='module')
def repo(clone_from):
    return clone_from('REMASTER_DOSSR_REPO', dossr.ADDRESS)


@pytest.fixture(scope='module')
def given(repo, tmp_path_factory):
    """config.yaml and dossr_default.ckpt: the official architectures with few channels and random weights."""
    folder = tmp_path_factory.mktemp('dossr')
    config = narrow(repo, folder)
    with importing(repo, dossr.stub_modules()):
        make_checkpoint(dossr.read_config(SimpleNamespace(config=config), repo), folder / 'dossr_default.ckpt')
    return folder


@pytest.fixture(scope='module')
def options(repo, given):
    return ['--repo', str(repo), '--any-commit', '--config', str(given / 'config.yaml'), '--weights', str(given / 'dossr_default.ckpt')]


@pytest.fixture(scope='module')
def bundle(options, given, engine):
    assert main(['export', 'dossr', *options, '--out', str(given / 'bundle')]) == 0
    return given / 'bundle'


def test_the_engine_computes_what_the_official_code_computes(bundle, options, tmp_path):
    differences = stages('dossr', bundle, [*options, '--tile', '32'], tmp_path)
    assert sum(stage.endswith('network output') for stage in differences) == 5
    assert {'prompt', 'pre-restored source', 'encode: deviation', 'condition: hint', 'image, one graph', 'image, AdaIN'} <= set(differences)
    assert_agreement(differences)
    # The fixes differ, or comparing them would prove nothing.
    assert np.abs(differences['image, AdaIN'][0] - differences['image, one graph'][0]).mean() > 2


@pytest.mark.parametrize('order', ['1', '2'])
def test_the_other_solver_orders_agree_as_well(bundle, options, order, tmp_path):
    assert_agreement(stages('dossr', bundle, [*options, '--order', order, '--steps', '2'], tmp_path))


def test_the_one_step_checkpoint_gets_one_step_by_default(bundle, options, given, engine, tmp_path):
    (tmp_path / 'dossr_onestep.ckpt').symlink_to(given / 'dossr_default.ckpt')
    options = with_option(options, '--weights', tmp_path / 'dossr_onestep.ckpt')
    out = tmp_path / 'half'
    assert main(['export', 'dossr', *options, '--fp16', '--out', str(out)]) == 0
    manifest = json.loads((out / 'model.json').read_text())
    assert (manifest['name'], manifest['defaultSteps'], manifest['multiple'], manifest['precision']) == ('dossr-onestep', 1, 16, 'mixed')
    # At this width, much of the file is not weights.
    assert (out / 'denoise.onnx').stat().st_size < 0.7 * (bundle / 'denoise.onnx').stat().st_size
    differences = stages('dossr', out, options, tmp_path / 'run')
    for stage in ('pre-restored source', 'encode: mean', 'condition: hint', 'step 1: network output'):
        assert largest_difference(*differences[stage]) < 0.02, stage


def test_the_number_of_steps_hangs_on_the_whole_name_or_on_the_option(given, refused, tmp_path):
    (tmp_path / 'onestep-1.ckpt').symlink_to(given / 'dossr_default.ckpt')
    assert ('onestep-1.ckpt is none of the published checkpoints, whose names tell the number of steps. Give --steps: 5 as for '
            'dossr_default.ckpt, 1 as for dossr_onestep.ckpt') in refused('--weights', tmp_path / 'onestep-1.ckpt')

    def made(name, steps):
        args = SimpleNamespace(weights=Path(name), steps=steps)
        return dossr._steps(args), dossr._name(args)

    assert made('dossr_default.ckpt', None) == (5, 'dossr') and made('dossr_onestep.ckpt', None) == (1, 'dossr-onestep')
    assert made('dossr_default.ckpt', 1) == (1, 'dossr') and made('dossr_onestep.ckpt', 2) == (2, 'dossr-onestep')
    assert made('mine.ckpt', 1) == (1, 'dossr-onestep') and made('mine.ckpt', 3) == (3, 'dossr')
    # The name of a file of another system says nothing about steps.
    with pytest.raises(ExportError, match='osediff.pkl is none of the published checkpoints'):
        made('osediff.pkl', None)
    for steps in (0, -1, 500):
        with pytest.raises(ExportError, match=f'DoSSR takes 1 to 499 steps, not {steps}'):
            made('dossr_default.ckpt', steps)


def test_steps_that_the_checkpoint_is_not_for_are_doubtful():
    def doubts(name, steps):
        return dossr._doubts(SimpleNamespace(weights=Path(name), steps=steps), steps)

    assert doubts('dossr_onestep.ckpt', 5) == ['dossr_onestep.ckpt is for 1 step, and the bundle takes 5 because --steps says so.']
    assert doubts('dossr_default.ckpt', 1) == ['dossr_default.ckpt is for 5 steps, and the bundle takes 1 because --steps says so.']
    assert doubts('dossr_default.ckpt', 10) == doubts('dossr_onestep.ckpt', 1) == doubts('mine.ckpt', 1) == doubts('mine.ckpt', 3) == []


def test_a_doubt_about_steps_is_recorded(options, given, engine, tmp_path):
    (tmp_path / 'dossr_onestep.ckpt').symlink_to(given / 'dossr_default.ckpt')
    out = tmp_path / 'doubtful'
    assert main(['export', 'dossr', *with_option(options, '--weights', tmp_path / 'dossr_onestep.ckpt'), '--steps', '4', '--out', str(out)]) == 0
    manifest = json.loads((out / 'model.json').read_text())
    assert (manifest['name'], manifest['defaultSteps'], len(manifest['notes'])) == ('dossr-onestep', 4, 1)


def test_a_bundle_of_fixed_tile_size_has_only_fixed_sizes(options, engine, tmp_path):
    out = tmp_path / 'fixed'
    assert main(['export', 'dossr', *options, '--size', '32', '--out', str(out)]) == 0
    assert json.loads((out / 'model.json').read_text())['tile']['fixed'] and fixed_sizes(out)
    assert_agreement(stages('dossr', out, [*options, '--steps', '2'], tmp_path / 'run'))


def test_the_condition_encoder_has_separate_weights(bundle, options, given, tmp_path):
    """Tests the comparison: a checkpoint that only differs in the condition encoder must not agree."""
    other = torch.load(given / 'dossr_default.ckpt', weights_only=True)
    name = 'cond_encoder.encoder.conv_in.weight'
    other['state_dict'][name] = other['state_dict'][name] * 1.2
    torch.save(other, tmp_path / 'other.ckpt')
    differences = stages('dossr', bundle, [*with_option(options, '--weights', tmp_path / 'other.ckpt'), '--steps', '1'], tmp_path / 'run')
    assert largest_difference(*differences['encode: mean']) < 5e-5
    assert largest_difference(*differences['condition: hint']) > 1e-3
    assert largest_difference(*differences['step 1: network output']) > 1e-3


def test_the_bundle_says_that_there_is_no_licence(bundle, options, engine, tmp_path, capsys):
    manifest = json.loads((bundle / 'model.json').read_text())
    assert manifest['licence']['redistributable'] is False
    assert 'do not pass this bundle on' in (bundle / 'CARD.md').read_text()
    assert 'No licence was published' in (bundle / 'LICENSE.txt').read_text()


class Refused:
    """Runs an export that must fail and returns its error; no file may be left behind."""

    def __init__(self, options, capsys, out: Path):
        self.options, self.capsys, self.out = options, capsys, out

    def __call__(self, *replaced: str) -> str:
        options = self.options
        for name, value in zip(replaced[::2], replaced[1::2]):
            options = with_option(options, name, value)
        self.capsys.readouterr()
        assert main(['export', 'dossr', '--out', str(self.out), *options]) == 1
        assert not self.out.exists() and not list(self.out.parent.glob('*.part'))
        return self.capsys.readouterr().err.strip()


@pytest.fixture
def refused(options, capsys, tmp_path):
    return Refused(options, capsys, tmp_path / 'bundle')


def with_option(options: list[str], name: str, value) -> list[str]:
    if name not in options:
        return [*options, name, str(value)]
    at = options.index(name) + 1
    return [*options[:at], str(value), *options[at + 1:]]


def test_a_wrong_checkpoint_is_an_error(given, refused, tmp_path):
    torch.save({'state_dict': {'model.diffusion_model.x': torch.zeros(1)}}, tmp_path / 'sd.ckpt')
    error = refused('--weights', tmp_path / 'sd.ckpt', '--steps', '5')
    assert 'sd.ckpt is another checkpoint:' in error and 'the first preprocess_model.conv_first.weight. Give the checkpoint of DoSSR' in error
    state = torch.load(given / 'dossr_default.ckpt', weights_only=True)['state_dict']
    without = {name: tensor for name, tensor in state.items() if not name.startswith('control_model.')}
    torch.save({'state_dict': without}, tmp_path / 'uncontrolled.ckpt')
    assert 'the first control_model.time_embed.0.weight' in refused('--weights', tmp_path / 'uncontrolled.ckpt', '--steps', '5')


def test_an_incomplete_download_is_an_error(given, refused, tmp_path):
    whole = (given / 'dossr_default.ckpt').read_bytes()
    (tmp_path / 'half.ckpt').write_bytes(whole[:len(whole) // 2])
    assert 'half.ckpt ends too early, after' in refused('--weights', tmp_path / 'half.ckpt')
    # Before it is opened.
    assert 'half.ckpt is not the file that --sha256 describes' in refused('--weights', tmp_path / 'half.ckpt', '--sha256', '0' * 64)
    (tmp_path / 'page.ckpt').write_bytes(b'<!DOCTYPE html><html>Google Drive - virus scan warning')
    assert 'page.ckpt is a web page, not a checkpoint' in refused('--weights', tmp_path / 'page.ckpt')


def test_a_configuration_with_another_schedule_is_an_error(given, refused, tmp_path):
    text = (given / 'config.yaml').read_text()
    (tmp_path / 'v.yaml').write_text(text.replace('linear_end: 0.012', 'linear_end: 0.02'))
    assert 'has linear_end: 0.02, and bundles of DoSSR know 0.012 only' in refused('--config', tmp_path / 'v.yaml')


def test_a_configuration_with_an_unknown_text_encoder_is_an_error(given, refused, tmp_path):
    text = (given / 'config.yaml').read_text()
    (tmp_path / 'other.yaml').write_text(text.replace('arch: narrow-text', 'arch: nowhere'))
    assert 'names a text encoder that open_clip does not have: nowhere' in refused('--config', tmp_path / 'other.yaml')


def test_too_little_memory_is_an_error_before_loading(refused, monkeypatch):
    monkeypatch.setattr('workshop.exporters.common._available', lambda: 1 << 30)
    assert 'GB of memory, and 1.0 GB are free' in refused('--weights', '/nowhere')


def test_another_repository_is_an_error(tmp_path):
    """Runs without the clone."""
    needs = 'model/shift_sampler.py'
    with pytest.raises(ExportError, match=f'is not a clone of {dossr.ADDRESS}: it has no {needs}'):
        dossr.check_clone(tmp_path, commit=dossr.COMMIT, address=dossr.ADDRESS, needs=needs, any_commit=False)
    (tmp_path / 'model').mkdir()
    (tmp_path / needs).write_text('')
    for command in (['init', '-q'], ['add', '.'], ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'a']):
        subprocess.run(['git', '-C', str(tmp_path), *command], check=True)
    with pytest.raises(ExportError, match='and this exporter was proved with f637805'):
        dossr.check_clone(tmp_path, commit=dossr.COMMIT, address=dossr.ADDRESS, needs=needs, any_commit=False)
