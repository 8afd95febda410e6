import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip('diffusers')
pytest.importorskip('peft')
pytest.importorskip('transformers')
from agreement import assert_agreement, fixed_sizes, largest_difference, stages  # noqa: E402
from random_osediff import NARROW, make_base, make_pkl  # noqa: E402

from workshop.exporters import osediff, stable_diffusion  # noqa: E402
from workshop.exporters.__main__ import main  # noqa: E402
from workshop.exporters.common import ExportError, importing  # noqa: E402
from workshop.exporters.pillow_bicubic import PillowBicubic  # noqa: E402

TAGS = ['--tags', 'cat, dog']


@pytest.fixture(scope='module')
def repo(clone_from):
    return clone_from('REMASTER_OSEDIFF_REPO', osediff.ADDRESS)


@pytest.fixture(scope='module')
def given(repo, tmp_path_factory):
    """A narrow Stable Diffusion 2.1-base with random weights, and an osediff.pkl written by the official code."""
    folder = tmp_path_factory.mktemp('osediff')
    with importing(repo):
        make_base(folder / 'base', NARROW)
        make_pkl(folder / 'base', folder / 'osediff.pkl')
    return folder


@pytest.fixture(scope='module')
def options(repo, given):
    # --any-commit, because the clone may lack its large checkpoints, which git reports as changes.
    return ['--repo', str(repo), '--any-commit', '--base', str(given / 'base'), '--weights', str(given / 'osediff.pkl')]


@pytest.fixture(scope='module')
def bundle(options, given, engine):
    assert main(['export', 'osediff', *options, *TAGS, '--out', str(given / 'bundle')]) == 0
    return given / 'bundle'


def test_the_engine_computes_what_the_official_code_computes(bundle, options, tmp_path):
    differences = stages('osediff', bundle, [*options, *TAGS, '--tile', '32'], tmp_path)
    assert {'prompt', 'encode: deviation', 'network output', 'image, one graph', 'image, AdaIN'} <= set(differences)
    assert_agreement(differences)
    # The fixes differ, or comparing them would prove nothing.
    assert np.abs(differences['image, AdaIN'][0] - differences['image, one graph'][0]).mean() > 2


def test_a_wrong_lora_scale_is_detected(bundle, options, given, tmp_path):
    """Tests the comparison: with half the scale, a common mistake, it must not agree."""
    weights = torch.load(given / 'osediff.pkl', weights_only=True)
    for state in (weights['state_dict_unet'], weights['state_dict_vae']):
        for name in state:
            if '.lora_B.' in name:
                state[name] = state[name] / 2
    torch.save(weights, tmp_path / 'half.pkl')
    differences = stages('osediff', bundle, [*with_option(options, '--weights', tmp_path / 'half.pkl'), *TAGS], tmp_path / 'run')
    assert largest_difference(*differences['encode: mean']) > 1e-2
    assert largest_difference(*differences['network output']) > 1e-2


def test_the_face_model_has_scale_one_and_with_mean_no_noise(options, given, engine, tmp_path):
    out = tmp_path / 'face'
    assert main(['export', 'osediff', *options, '--face', '--mean', '--out', str(out)]) == 0
    manifest = json.loads((out / 'model.json').read_text())
    assert (manifest['task'], manifest['scale'], manifest['colorFix'], manifest['multiple']) == ('face', 1, 'none', 64)
    assert 'preprocess' not in manifest['graphs'] and list(manifest['graphs']['encode']['outputs']) == ['latent']
    assert_agreement(stages('osediff', out, options, tmp_path / 'run'))


def test_a_bundle_of_fixed_tile_size_has_only_fixed_sizes(options, engine, tmp_path, refused):
    out = tmp_path / 'fixed'
    assert main(['export', 'osediff', *options, *TAGS, '--size', '48', '--out', str(out)]) == 0
    manifest = json.loads((out / 'model.json').read_text())
    assert manifest['tile'] == {'wholeUpTo': 48 * 48, 'size': 48, 'overlap': 12, 'fixed': True} and manifest['multiple'] == 16
    assert fixed_sizes(out)
    assert_agreement(stages('osediff', out, [*options, *TAGS], tmp_path / 'run'))
    assert '--size 40 is not a multiple of 16. Give 16' in refused('--size', '40')


def test_float16_with_a_prompt_embedding_stays_close(bundle, options, engine, tmp_path):
    prompt = np.fromfile(bundle / 'prompt.f32', '<f4').reshape(1, 77, 64)
    np.save(tmp_path / 'prompt.npy', prompt)
    given = [*options, '--prompt-embedding', str(tmp_path / 'prompt.npy')]
    out = tmp_path / 'half'
    assert main(['export', 'osediff', *given, '--fp16', '--out', str(out)]) == 0
    assert json.loads((out / 'model.json').read_text())['precision'] == 'mixed'
    assert (out / 'denoise.onnx').stat().st_size < 0.6 * (bundle / 'denoise.onnx').stat().st_size
    differences = stages('osediff', out, given, tmp_path / 'run')
    assert largest_difference(*differences['enlarged source']) < 1e-6
    assert largest_difference(*differences['encode: mean']) < 0.02
    assert largest_difference(*differences['network output']) < 0.02


def test_the_upscaling_is_that_of_pillow():
    from PIL import Image
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (60, 41, 3), dtype=np.uint8)
    for scale in (2, 4):
        result = PillowBicubic(scale)(torch.from_numpy(image).permute(2, 0, 1)[None] / 255)
        result = (result[0].permute(1, 2, 0) * 255).round().numpy().astype(int)
        expected = np.asarray(Image.fromarray(image).resize((41 * scale, 60 * scale))).astype(int)
        inner = slice(2 * scale, -2 * scale)
        assert (result[inner, inner] == expected[inner, inner]).all()
        assert np.abs(result - expected).max() <= 1 and (result != expected).mean() < 0.001


def test_the_old_parameter_names_of_the_base_are_read(repo, given, tmp_path):
    from safetensors.torch import load_file, save_file
    folder = tmp_path / 'base' / 'vae'
    folder.mkdir(parents=True)
    (folder / 'config.json').write_bytes((given / 'base' / 'vae' / 'config.json').read_bytes())
    tensors = load_file(given / 'base' / 'vae' / 'diffusion_pytorch_model.safetensors')
    old = {new: was for was, new in stable_diffusion.OLD_NAMES.items()}

    def renamed(name):
        for new, was in old.items():
            name = name.replace(new, was)
        return name

    assert any('.proj_attn.' in renamed(name) for name in tensors)
    save_file({renamed(name): tensor for name, tensor in tensors.items()}, folder / 'diffusion_pytorch_model.safetensors')
    with importing(repo):
        kind = osediff._official_classes()[0]
        first, second = (stable_diffusion.load(kind, base, 'vae').state_dict() for base in (given / 'base', tmp_path / 'base'))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_bundle_contains_both_licences(bundle):
    for name in ('LICENSE.txt', 'CARD.md', 'model.json'):
        text = (bundle / name).read_text()
        assert 'Open RAIL++-M' in text and 'Apache' in text, name


class Refused:
    """Runs an export that must fail and returns its error; no file may be left behind."""

    def __init__(self, options, capsys, out: Path):
        self.options, self.capsys, self.out = options, capsys, out

    def __call__(self, *replaced: str) -> str:
        options = self.options
        for name, value in zip(replaced[::2], replaced[1::2]):
            options = with_option(options, name, value)
        self.capsys.readouterr()
        assert main(['export', 'osediff', '--out', str(self.out), *options]) == 1
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
    torch.save({'state_dict': {}}, tmp_path / 'other.pth')
    assert 'other.pth is another checkpoint: it has no state_dict_unet. Give the checkpoint of OSEDiff' in refused('--weights', tmp_path / 'other.pth')
    weights = torch.load(given / 'osediff.pkl', weights_only=True)
    name = next(name for name in weights['state_dict_vae'] if '.lora_A.' in name)
    torch.save({**weights, 'state_dict_vae': {**weights['state_dict_vae'], name: torch.zeros(4, 7, 3, 3)}}, tmp_path / 'wide.pkl')
    assert 'wide.pkl is another checkpoint: its encoder.conv_in is shaped [32, 4, 1, 1]·[4, 7, 3, 3], but the network has [32, 3, 3, 3]' in refused('--weights', tmp_path / 'wide.pkl')
    fewer = {name: tensor for name, tensor in weights['state_dict_vae'].items() if not name.startswith('quant_conv')}
    torch.save({**weights, 'state_dict_vae': fewer}, tmp_path / 'fewer.pkl')
    assert 'fewer.pkl is another checkpoint: 1 of its LoRA layers are not in it, the first quant_conv' in refused('--weights', tmp_path / 'fewer.pkl')


def test_an_incomplete_download_is_an_error(given, refused, tmp_path):
    whole = (given / 'osediff.pkl').read_bytes()
    (tmp_path / 'half.pkl').write_bytes(whole[:len(whole) // 2])
    assert 'half.pkl ends too early, after' in refused('--weights', tmp_path / 'half.pkl')
    # Before it is opened.
    assert 'half.pkl is not the file that --sha256 describes' in refused('--weights', tmp_path / 'half.pkl', '--sha256', '0' * 64)


def test_an_incomplete_base_is_an_error(given, refused, tmp_path):
    def base(name: str):
        folder = tmp_path / name
        subprocess.run(['cp', '-r', str(given / 'base'), str(folder)], check=True)
        return folder

    assert 'is not a folder of Stable Diffusion 2.1-base: unet/config.json is not there' in refused('--base', tmp_path)
    weights = base('half') / 'vae' / 'diffusion_pytorch_model.safetensors'
    weights.write_bytes(weights.read_bytes()[:10000])
    assert 'it is damaged, or half a download. Give a whole copy of https://huggingface.co/' in refused('--base', tmp_path / 'half')
    weights.write_text('version https://git-lfs.github.com/spec/v1\n')
    assert 'is only a pointer of git-lfs' in refused('--base', tmp_path / 'half')
    (base('mute') / 'text_encoder' / 'model.safetensors').unlink()
    assert 'text_encoder holds none of diffusion_pytorch_model.safetensors, model.safetensors' in refused('--base', tmp_path / 'mute')
    (base('wordless') / 'tokenizer' / 'vocab.json').unlink()
    assert 'its tokenizer or text_encoder cannot be loaded' in refused('--base', tmp_path / 'wordless')
    (base('unplanned') / 'scheduler' / 'scheduler_config.json').unlink()
    assert 'scheduler/scheduler_config.json is not there' in refused('--base', tmp_path / 'unplanned')


def test_a_base_with_another_schedule_is_an_error(given, refused, tmp_path):
    """Stable Diffusion 2.1 (768 pixels) predicts velocities; a scheduler without `clip_sample` clips by default."""
    subprocess.run(['cp', '-r', str(given / 'base'), str(tmp_path / 'base')], check=True)
    file = tmp_path / 'base' / 'scheduler' / 'scheduler_config.json'
    published = json.loads(file.read_text())
    file.write_text(json.dumps({**published, 'prediction_type': 'v_prediction'}))
    assert 'has prediction_type: v_prediction, and OSEDiff was trained with epsilon' in refused('--base', tmp_path / 'base')
    file.write_text(json.dumps({name: value for name, value in published.items() if name != 'clip_sample'}))
    assert 'has clip_sample: True, and OSEDiff was trained with False' in refused('--base', tmp_path / 'base')


def test_a_prompt_of_another_text_encoder_is_an_error(refused, tmp_path):
    np.save(tmp_path / 'prompt.npy', np.zeros((1, 77, 768), np.float32))
    assert 'gives a prompt shaped [1, 77, 768], and this network takes [1, 77, 64]' in refused('--prompt-embedding', tmp_path / 'prompt.npy')


def test_too_little_memory_is_an_error_before_loading(refused, monkeypatch):
    monkeypatch.setattr('workshop.exporters.common._available', lambda: 1 << 30)
    assert 'GB of memory, and 1.0 GB are free' in refused()


def test_another_repository_is_an_error(tmp_path):
    """Runs without the clone."""
    with pytest.raises(ExportError, match='is not a clone of https://github.com/cswry/OSEDiff: it has no osediff.py'):
        osediff.check_clone(tmp_path, commit=osediff.COMMIT, address=osediff.ADDRESS, needs='osediff.py', any_commit=False)
    (tmp_path / 'osediff.py').write_text('')
    for command in (['init', '-q'], ['add', '.'], ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'a']):
        subprocess.run(['git', '-C', str(tmp_path), *command], check=True)
    with pytest.raises(ExportError, match='and this exporter was proved with fcc4f09'):
        osediff.check_clone(tmp_path, commit=osediff.COMMIT, address=osediff.ADDRESS, needs='osediff.py', any_commit=False)
