import argparse
import json
import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip('einops')
OmegaConf = pytest.importorskip('omegaconf').OmegaConf

from agreement import fixed_sizes  # noqa: E402
from random_weights import resshift_weights  # noqa: E402

from workshop.exporters import check, resshift  # noqa: E402
from workshop.exporters.__main__ import main  # noqa: E402
from workshop.exporters.common import importing  # noqa: E402
from workshop.exporters.published import PUBLISHED  # noqa: E402


@pytest.fixture(scope='module')
def repo(clone_from):
    return clone_from('REMASTER_RESSHIFT_REPO', resshift.ADDRESS)


@pytest.fixture(scope='module')
def options_of(repo, tmp_path_factory):
    """options_of(task) is cached: the options, with checkpoints."""
    return cache(lambda task: narrow(repo, task, tmp_path_factory.mktemp(task)))


@pytest.fixture(scope='module')
def exported(options_of, engine):
    """exported(task) is cached: the bundle and the options."""
    def export(task: str):
        options = options_of(task)
        bundle = path_of(options, '--config').with_name('bundle')
        assert main(['export', 'resshift', '--task', task, *options, '--out', str(bundle)]) == 0
        return bundle, options
    return cache(export)


def narrow(repo: Path, task: str, folder: Path) -> list[str]:
    """Options for the official architectures with few channels and random weights."""
    config = resshift._read_config(repo / 'configs' / f'{resshift.TASKS[task].config}.yaml')
    config['model']['params'].update(model_channels=32, swin_embed_dim=32, num_head_channels=16, num_res_blocks=[1, 1, 1, 1])
    config['autoencoder']['params']['n_embed'] = 512
    architecture = config['autoencoder']['params']['ddconfig']
    architecture.update(ch=32, ch_mult=[1] * len(architecture['ch_mult']), num_res_blocks=1)
    OmegaConf.save(config, folder / 'config.yaml')
    with importing(repo, resshift.stub_modules()), torch.no_grad():
        resshift_weights(config, folder)
    return ['--repo', str(repo), '--weights', str(folder / 'denoiser.pth'), '--autoencoder', str(folder / 'autoencoder.pth'),
            '--config', str(folder / 'config.yaml')]


def path_of(options: list[str], name: str) -> Path:
    return Path(options[options.index(name) + 1])


def stages(bundle: Path, options: list[str], folder: Path):
    parser = argparse.ArgumentParser()
    parser.add_argument('bundle', type=Path)
    check.add_arguments(parser, 'resshift')
    args = parser.parse_args([str(bundle), *options, '--threads', '1'])
    folder.mkdir(exist_ok=True)
    return {stage: (official, found) for stage, official, found in resshift.compare(check.engine_run(args, folder), args)}


def largest_difference(official, found) -> float:
    """Relative to the largest official value."""
    official, found = np.asarray(official, np.float64), np.asarray(found, np.float64)
    assert official.shape == found.shape
    return float(np.abs(official - found).max() / np.abs(official).max())


def mean_difference(official, found) -> float:
    """Relative to the largest official value."""
    official, found = np.asarray(official, np.float64), np.asarray(found, np.float64)
    return float(np.abs(official - found).mean() / np.abs(official).max())


def assert_agreement(differences: dict):
    for stage, (official, found) in differences.items():
        if stage.startswith('image'):
            # In a narrow network a single latent that is rounded to another code word changes a few percent of the samples.
            differs = np.abs(np.asarray(official, np.float64) - np.asarray(found, np.float64)) > 1
            assert differs.mean() < 0.05, stage
        else:
            # Random networks amplify rounding a little at every step.
            assert largest_difference(official, found) < 1e-3, stage
            assert mean_difference(official, found) < 2e-5, stage


@pytest.mark.parametrize('task', resshift.TASKS)
def test_the_engine_computes_what_the_official_code_computes(exported, task, tmp_path):
    bundle, options = exported(task)
    # Not all 15 of v1 and v2: onnxruntime 1.30 takes minutes to load them. docs/systems.md has the results of 15.
    steps = min(4, json.loads((bundle / 'model.json').read_text())['schedule']['steps'])
    differences = stages(bundle, [*options, '--steps', str(steps)], tmp_path)
    assert sum(stage.endswith('network output') for stage in differences) == steps
    assert_agreement(differences)


def test_the_face_bundle_restores_the_faces_of_a_video_and_nothing_else(exported, tmp_path):
    bundle, _ = exported('faceir')
    root = check.STAGES.parents[2]
    ffmpeg = ['ffmpeg', '-v', 'error', '-nostdin']
    film, out = tmp_path / 'film.mkv', tmp_path / 'out.mkv'
    # Two frames with a face in the upper half, then one without.
    graph = '[0]crop=320:384:64:0,trim=end_frame=2,setsar=1[a];[1]trim=end_frame=1,setsar=1[b];[a][b]concat,format=gbrp'
    subprocess.run([*ffmpeg, '-loop', '1', '-r', '25', '-i', root / 'test' / 'media' / 'astronaut.jpg', '-f', 'lavfi',
                    '-i', 'testsrc2=size=320x384:rate=25', '-filter_complex', graph, '-c:v', 'ffv1', film], check=True)
    options = ['--model', bundle, '--steps', '1', '--provider', 'cpu', '--codec', 'ffv1', '--json']
    ran = subprocess.run(['node', root / 'dist' / 'src' / 'cli' / 'main.js', 'restore', film, out, *options], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])['result']['faces'] == {'found': 2, 'framesWithout': 1}

    def frames(file: Path):
        raw = subprocess.run([*ffmpeg, '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], capture_output=True, check=True).stdout
        return np.frombuffer(raw, np.uint8).reshape(3, 384, 320, 3).astype(int)
    changed = np.abs(frames(out) - frames(film)).max(3) > 8
    assert changed[:2, 60:180, 100:220].mean() > 0.5, 'the face was not restored'
    assert not changed[:2, 230:].any() and not changed[2].any(), 'more than the face changed'


def test_another_size_with_fewer_steps_agrees_as_well(exported, tmp_path):
    bundle, options = exported('realsr-v3')
    assert_agreement(stages(bundle, [*options, '--tile', '128', '--steps', '3'], tmp_path))


@pytest.mark.parametrize('task', ['realsr-v3', 'inpaint-imagenet'])
def test_a_bundle_of_fixed_tile_size_has_only_fixed_sizes(options_of, engine, task, tmp_path):
    options, out = options_of(task), tmp_path / 'fixed'
    size = {'realsr-v3': 64, 'inpaint-imagenet': 256}[task]
    assert main(['export', 'resshift', '--task', task, *options, '--size', str(size), '--out', str(out)]) == 0
    tile = json.loads((out / 'model.json').read_text())['tile']
    assert (tile['size'], tile['fixed']) == (size, True) and fixed_sizes(out)
    assert_agreement(stages(out, [*options, '--steps', '2'], tmp_path / 'run'))


def test_float16_stays_close(exported, tmp_path):
    _, options = exported('realsr-v3')
    bundle = tmp_path / 'half'
    assert main(['export', 'resshift', '--task', 'realsr-v3', *options, '--fp16', '--out', str(bundle)]) == 0
    whole = exported('realsr-v3')[0]
    assert (bundle / 'encode.onnx').stat().st_size < 0.6 * (whole / 'encode.onnx').stat().st_size
    differences = stages(bundle, options, tmp_path / 'run')
    assert largest_difference(*differences['encode: latent']) < 0.01
    assert largest_difference(*differences['step 1: network output']) < 0.02


def test_another_checkpoint_is_detected(exported, tmp_path):
    """Tests the comparison: other weights must not agree."""
    bundle, options = exported('realsr-v3')
    other = torch.load(path_of(options, '--weights'), weights_only=True)
    name = 'module.middle_block.1.blocks.1.attn.qkv.weight'
    other['state_dict'][name] = other['state_dict'][name] * 1.05
    torch.save(other, tmp_path / 'other.pth')
    options = [str(tmp_path / 'other.pth') if option.endswith('denoiser.pth') else option for option in options]
    differences = stages(bundle, options, tmp_path / 'run')
    assert largest_difference(*differences['encode: latent']) < 1e-4
    assert largest_difference(*differences['step 1: network output']) > 1e-3


def test_the_wrong_version_is_noted_and_recorded(options_of, engine, tmp_path, capsys):
    """v1, v2, v3 and bicsr have one architecture, so that the file of another loads without an error."""
    options = options_of('realsr-v3')
    file = tmp_path / 'resshift_realsrx4_s4_v3.pth'
    file.symlink_to(path_of(options, '--weights'))
    options = with_option(options, '--weights', file)
    # The autoencoder for faces has the architecture of the other one, too.
    autoencoder = tmp_path / 'celeba256_vq_f4_dim3_face.pth'
    autoencoder.symlink_to(path_of(options, '--autoencoder'))
    options = with_option(options, '--autoencoder', autoencoder)
    assert main(['export', 'resshift', '--task', 'bicsr', *options, '--out', str(tmp_path / 'wrong')]) == 0
    notes = [f'{name} is the name of the published file for {use}, and it was exported as {wrong} because the options say so.'
             for name, use, wrong in ((file.name, 'realsr-v3', 'bicsr'), (autoencoder.name, 'the autoencoder of inpaint-face', 'the autoencoder'))]
    assert json.loads((tmp_path / 'wrong' / 'model.json').read_text())['notes'] == notes
    env = {**os.environ, 'REMASTER_MODELS': str(tmp_path)}
    listed = subprocess.run(['node', str(check.STAGES.parents[1] / 'src' / 'cli' / 'main.js'), 'models'], capture_output=True, text=True, env=env)
    printed, card = capsys.readouterr().out, (tmp_path / 'wrong' / 'CARD.md').read_text()
    for note in notes:
        assert f'Note: {note}' in printed and note in card and f'note: {note}' in listed.stdout


def test_the_autoencoder_of_every_task_is_a_published_file():
    assert {task.autoencoder for task in resshift.TASKS.values()} == {row.name for row in PUBLISHED if row.use.startswith('the autoencoder')}


def test_without_a_task_the_name_of_the_published_file_tells_it(options_of, refused, tmp_path):
    options = options_of('realsr-v3')
    assert 'denoiser.pth is none of the published denoisers, whose names tell the task. Give --task: realsr-v1, ' in refused(*options)
    assert resshift.task_name(argparse.Namespace(task=None, weights=Path('resshift_bicsrx4_s4.pth'))) == 'bicsr'
    assert resshift.task_name(argparse.Namespace(task='realsr-v3', weights=Path('resshift_bicsrx4_s4.pth'))) == 'realsr-v3'
    assert 'is not the file that --sha256 describes' in refused('--task', 'realsr-v3', *options, '--sha256', '0' * 64)


def test_the_bundle_contains_the_licence(exported):
    bundle, _ = exported('realsr-v3')
    manifest = json.loads((bundle / 'model.json').read_text())
    assert manifest['licence']['redistributable'] is False
    assert 'non-commercial' in (bundle / 'LICENSE.txt').read_text()
    assert 'non-commercial' in (bundle / 'CARD.md').read_text()


def test_the_mask_of_shifted_windows_is_the_official_one(repo):
    with importing(repo, resshift.stub_modules()):
        from models.swin_transformer import SwinTransformerBlock
        block = SwinTransformerBlock(32, (64, 64), 2, window_size=8, shift_size=4)
        for rows, columns in ((1, 1), (1, 3), (8, 8), (4, 2)):
            mask = resshift.shift_mask(rows, 8, 4).expand(rows, columns, 64, 64).reshape(-1, 64, 64)
            assert torch.equal(mask, block.calculate_mask((8 * rows, 8 * columns)))
        block.shift_size = 0
        assert not block.calculate_mask((16, 24)).any()


class Refused:
    """Runs an export that must fail and returns its error; no file may be left behind."""

    def __init__(self, capsys, out: Path):
        self.capsys, self.out = capsys, out

    def __call__(self, *options: str) -> str:
        self.capsys.readouterr()
        assert main(['export', 'resshift', '--out', str(self.out), *options]) == 1
        assert not self.out.exists() and not list(self.out.parent.glob('*.part'))
        return self.capsys.readouterr().err.strip()


@pytest.fixture
def refused(capsys, tmp_path):
    return Refused(capsys, tmp_path / 'bundle')


def with_option(options: list[str], name: str, value) -> list[str]:
    at = options.index(name) + 1
    return [*options[:at], str(value), *options[at + 1:]]


def test_a_wrong_checkpoint_is_an_error(options_of, refused):
    options = options_of('realsr-v3')
    other = options_of('x2')
    swapped = with_option(options, '--weights', path_of(options, '--autoencoder'))
    assert 'autoencoder.pth is another checkpoint: 476 of 476 tensors' in (error := refused('--task', 'realsr-v3', *swapped))
    assert "Give the denoiser's checkpoint for this task with --weights (resshift_realsrx4_s4_v3.pth)" in error
    error = refused('--task', 'realsr-v3', *with_option(options, '--weights', path_of(other, '--weights')))
    assert 'is another checkpoint: its input_blocks.0.0.weight is shaped [32, 35, 3, 3], but the network has [32, 6, 3, 3]' in error


def test_unreadable_checkpoints_are_errors(options_of, refused, tmp_path):
    options = options_of('realsr-v3')
    whole = path_of(options, '--weights').read_bytes()
    half = tmp_path / 'half.pth'
    half.write_bytes(whole[:len(whole) // 2])
    assert 'half.pth ends too early, after' in refused('--task', 'realsr-v3', *with_option(options, '--weights', half))
    half.write_bytes(b'<!DOCTYPE html><html>')
    assert 'is a web page, not a checkpoint' in refused('--task', 'realsr-v3', *with_option(options, '--weights', half))
    half.write_bytes(b'version https://git-lfs.github.com/spec/v1\n')
    assert 'is only a pointer of git-lfs' in refused('--task', 'realsr-v3', *with_option(options, '--weights', half))
    half.write_bytes(b'\0' * 4096)
    assert 'is no checkpoint of PyTorch' in refused('--task', 'realsr-v3', *with_option(options, '--weights', half))
    torch.save({'weight': torch.zeros(4096)}, half, _use_new_zipfile_serialization=False)
    half.write_bytes(half.read_bytes()[:4096])
    assert 'cannot be read as a checkpoint' in refused('--task', 'realsr-v3', *with_option(options, '--weights', half))
    assert 'none.pth is not there' in refused('--task', 'realsr-v3', *with_option(options, '--weights', tmp_path / 'none.pth'))


def test_a_checkpoint_that_could_run_code_is_an_error(options_of, refused, tmp_path):
    options = options_of('realsr-v3')
    torch.save({'state_dict': {}, 'callbacks': argparse.Namespace(a=1)}, tmp_path / 'pickle.pth')
    error = refused('--task', 'realsr-v3', *with_option(options, '--weights', tmp_path / 'pickle.pth'))
    assert 'pickle.pth holds more than tensors' in error and '--trust-checkpoint' in error


class Program:
    """Runs when it is opened."""

    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_a_checkpoint_with_another_sha256_is_not_even_opened(options_of, refused, tmp_path):
    options = with_option(options_of('realsr-v3'), '--weights', tmp_path / 'program.pth')
    torch.save({'state_dict': {}, 'callbacks': Program(tmp_path / 'trace')}, tmp_path / 'program.pth')
    trusted = ['--task', 'realsr-v3', *options, '--trust-checkpoint']
    assert 'is not the file that --sha256 describes' in refused(*trusted, '--sha256', '0' * 64)
    assert not (tmp_path / 'trace').exists()
    assert 'is another checkpoint' in refused(*trusted)
    assert (tmp_path / 'trace').exists(), 'the test would prove nothing'


def test_nan_weights_are_an_error(options_of, refused, tmp_path):
    options = options_of('realsr-v3')
    state = torch.load(path_of(options, '--autoencoder'), weights_only=True)
    state['encoder.conv_in.bias'][0] = float('nan')
    torch.save(state, tmp_path / 'nan.pth')
    error = refused('--task', 'realsr-v3', *with_option(options, '--autoencoder', tmp_path / 'nan.pth'))
    assert 'nan.pth is damaged: encoder.conv_in.bias holds values that are no numbers' in error


def test_another_commit_is_an_error_without_any_commit(options_of, repo, refused, tmp_path):
    options = options_of('realsr-v3')
    clone = tmp_path / 'clone'
    git = lambda *arguments: subprocess.run(['git', '-C', str(clone), *arguments], check=True, capture_output=True)  # noqa: E731
    subprocess.run(['git', 'clone', '-q', str(repo), str(clone)], check=True, capture_output=True)
    git('checkout', '-q', f'{resshift.COMMIT}~1')
    error = refused('--task', 'realsr-v3', *with_option(options, '--repo', clone))
    assert 'stands at commit 6e281c1, and this exporter was proved with 3ce1d81' in error and '--any-commit' in error
    git('checkout', '-q', resshift.COMMIT)
    (clone / 'sampler.py').write_text('')
    assert 'is not as it was published: sampler.py was changed' in refused('--task', 'realsr-v3', *with_option(options, '--repo', clone))
    anyway = [*with_option(options, '--repo', clone), '--any-commit']
    assert 'nowhere.pth is not there' in refused('--task', 'realsr-v3', *with_option(anyway, '--weights', 'nowhere.pth'))
    assert 'is not a clone of https://github.com/zsyOAOA/ResShift' in refused('--task', 'realsr-v3', *with_option(options, '--repo', tmp_path))


def test_too_little_memory_is_an_error_before_reading(options_of, refused, monkeypatch):
    options = options_of('realsr-v3')
    monkeypatch.setattr('workshop.exporters.common._available', lambda: 1 << 30)
    error = refused('--task', 'realsr-v3', *with_option(options, '--weights', '/nowhere'))
    assert 'needs about 1.5 GB of memory, and 1.0 GB are free' in error


def test_an_existing_folder_is_not_overwritten(exported, capsys):
    bundle, options = exported('realsr-v3')
    before = (bundle / 'model.json').read_bytes()
    assert main(['export', 'resshift', '--task', 'realsr-v3', *options, '--out', str(bundle)]) == 1
    assert 'exists already' in capsys.readouterr().err and (bundle / 'model.json').read_bytes() == before
