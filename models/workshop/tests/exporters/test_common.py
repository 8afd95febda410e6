import importlib.metadata
import json
import types

import pytest
import torch

from workshop.exporters import check, common, stable_diffusion
from workshop.exporters.common import ExportError


@pytest.fixture
def installed(monkeypatch):
    """installed(diffusers='0.21.4') pretends; None: not installed. Everything else is as the group asks for."""
    def pretend(**versions):
        def version(name):
            found = versions.get(name, {'diffusers': '0.25.0', 'peft': '0.9.0', 'transformers': '4.37.2', 'accelerate': '0.27.2', 'huggingface_hub': '0.25.2', 'loralib': '0.1.2'}.get(name, '1.0'))
            if found is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return found
        monkeypatch.setattr(importlib.metadata, 'version', version)
    return pretend


def test_the_right_packages_are_no_error(installed):
    installed()
    common.check_packages('osediff')


def test_a_missing_or_another_package_gives_the_pinned_advice(installed):
    advice = r"Run in .*workshop: pip install -e '\.\[osediff\]'"
    installed(diffusers='0.21.4')
    with pytest.raises(ExportError, match=rf'needs the Python package diffusers==0\.25\.0, and 0\.21\.4 is installed\. {advice}'):
        common.check_packages('osediff')
    installed(diffusers=None)
    with pytest.raises(ExportError, match=rf'needs the Python package diffusers==0\.25\.0, which is not installed\. {advice}'):
        common.check_packages('osediff')


def test_what_an_export_takes_is_said_first(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(common, '_available', lambda: 20 << 30)
    monkeypatch.setattr('shutil.disk_usage', lambda _folder: types.SimpleNamespace(free=6 << 30))
    common.say_needs(tmp_path / 'new' / 'bundle', 'Exporting', 13 << 30, 5 << 30)
    assert 'Exporting needs about 13.0 GB of memory and 5.0 GB of disk.' in capsys.readouterr().out
    with pytest.raises(ExportError, match='needs about 7.0 GB of disk, and 6.0 GB are free'):
        common.say_needs(tmp_path / 'bundle', 'Exporting', 13 << 30, 7 << 30)
    with pytest.raises(ExportError, match='needs about 21.0 GB of memory, and 20.0 GB are free'):
        common.say_needs(tmp_path / 'bundle', 'Exporting', 21 << 30, 5 << 30)


def test_float16_needs_more_memory():
    """13.04 GB were measured with the 866 million parameters of OSEDiff's UNet, and 8.03 GB in float32."""
    parameters = 865_910_724
    assert stable_diffusion.export_bytes(parameters, half=True) > 13.04e9 > stable_diffusion.export_bytes(parameters, half=False) > 8.03e9


def test_check_misses_packages_and_files_before_the_engine_runs(installed, tmp_path):
    (tmp_path / 'model.json').write_text('{"system": "osediff"}')
    args = types.SimpleNamespace(bundle=tmp_path, weights=tmp_path / 'none.pkl', ram=None)
    installed(diffusers=None)
    with pytest.raises(ExportError, match='diffusers==0.25.0, which is not installed'):
        check.run(args)
    installed()
    with pytest.raises(ExportError, match='none.pkl is not there. Correct --weights'):
        check.run(args)


@pytest.fixture
def base(tmp_path):
    """A folder with one part whose weights are a safetensors file of 64 bytes."""
    (tmp_path / 'unet').mkdir()
    (tmp_path / 'unet' / 'config.json').write_text('{}')
    header = json.dumps({'__metadata__': {'format': 'pt'}, 'w': {'dtype': 'F32', 'shape': [16], 'data_offsets': [0, 64]}}).encode()
    (tmp_path / 'unet' / 'diffusion_pytorch_model.safetensors').write_bytes(len(header).to_bytes(8, 'little') + header + bytes(64))
    return tmp_path


def test_a_whole_base_is_no_error(base):
    stable_diffusion.check_base(base, ['unet'])


@pytest.mark.parametrize('left', [0, 5, 20, -1])
def test_a_base_that_is_cut_off_is_an_error_before_anything_is_exported(base, left):
    file = base / 'unet' / 'diffusion_pytorch_model.safetensors'
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(ExportError, match='it is damaged, or half a download. Give a whole copy of https://'):
        stable_diffusion.check_base(base, ['unet'])


def test_so_is_one_in_the_format_of_pytorch(base):
    (base / 'unet' / 'diffusion_pytorch_model.safetensors').unlink()
    file = base / 'unet' / 'diffusion_pytorch_model.bin'
    torch.save({'w': torch.zeros(16)}, file)
    stable_diffusion.check_base(base, ['unet'])
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ExportError, match='diffusion_pytorch_model.bin ends too early, after .* Give a whole copy of https://'):
        stable_diffusion.check_base(base, ['unet'])


def test_missing_weights_of_a_base_are_an_error(base):
    (base / 'vae').mkdir()
    (base / 'vae' / 'config.json').write_text('{}')
    with pytest.raises(ExportError, match='vae holds none of diffusion_pytorch_model.safetensors'):
        stable_diffusion.check_base(base, ['unet', 'vae'])
