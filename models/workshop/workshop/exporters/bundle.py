"""Writes a bundle (docs/bundles.md) and checks it. A failed export leaves nothing behind."""
import hashlib
import json
import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch

from .common import ExportError
from .float16 import to_float16
from .shapes import annotate_shapes

OPSET = 17
# protobuf's limit is 2 GiB; above this size the weights are stored in a second file.
EXTERNAL_ABOVE = int(1.8 * 2**30)
PACKAGE = Path(__file__).parents[4]


class BundleWriter:
    """
        with BundleWriter(out, half=False) as bundle:
            bundle.graph('encode', encoder, {'picture': example}, ['latent'], dynamic={…})
            bundle.constant('prompt', embedding)
            bundle.finish(manifest, card, licence_file)

    Files are written to `out`.part, which is renamed to `out` when the block ends without an error.
    """

    def __init__(self, out: Path, *, half: bool, fixed: bool = False):
        self.out = out.absolute()
        self.part = self.out.with_name(self.out.name + '.part')
        self.half, self.fixed = half, fixed
        self.graphs: dict[str, dict] = {}
        self.constants: dict[str, dict] = {}
        self.differences: dict[str, float] = {}
        self.finished = False

    def __enter__(self):
        if self.out.exists():
            raise ExportError(f'{self.out} exists already', 'Give another folder with --out, or remove this one')
        shutil.rmtree(self.part, ignore_errors=True)
        self.part.mkdir(parents=True)
        return self

    def __exit__(self, kind, error, trace):
        if kind is None and self.finished:
            self.part.rename(self.out)
        else:
            shutil.rmtree(self.part, ignore_errors=True)

    @torch.no_grad()
    def graph(self, role: str, module: torch.nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], *,
              dynamic: dict[str, dict[int, str]] | None = None, proof: dict[str, torch.Tensor] | None = None,
              tolerance: float = 1e-3, range: list[int] | None = None, half: bool = True):
        """
        Traces `module(*inputs.values())` and adds it as `role`; inputs and outputs are named by role as well. `dynamic`: axes of
        free size, by role; ignored for bundles of a fixed tile size, except in `prompt`, which gets whole frames.

        On `proof`, inputs of another batch and size (default: the traced ones), onnxruntime must agree with PyTorch to `tolerance`
        of the largest output value. With fp16 the tolerance is 0.1, which only detects overflow; `check` measures the precision.
        `half=False`: always float32, for arithmetic on 8-bit levels.
        """
        if self.fixed and role != 'prompt':
            dynamic, proof = None, None
        names = [name if name not in inputs else f'{name}_out' for name in outputs]
        axes = {(names[outputs.index(name)] if name in outputs and name not in inputs else name): free for name, free in (dynamic or {}).items()}
        module.eval()  # new wrappers are in training mode, and the tracer restores that mode in all their modules
        traced = self.part / f'{role}.traced'
        traced.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # tracer warnings about sizes compared in Python; `proof` detects real problems
            torch.onnx.export(module, tuple(inputs.values()), str(traced / 'graph.onnx'), input_names=list(inputs), output_names=names,
                              opset_version=OPSET, dynamo=False, dynamic_axes=axes)
        model = onnx.load(str(traced / 'graph.onnx'))
        shutil.rmtree(traced)
        annotate_shapes(model, {name: {axis: inputs[name].shape[axis] for axis in free} for name, free in axes.items() if name in inputs})
        if self.half and half:
            model = to_float16(model)
        file = self.part / f'{role}.onnx'
        external = _save(model, file)
        del model
        entry = {'file': file.name, 'sha256': _sha256(file), 'inputs': {name: name for name in inputs}, 'outputs': dict(zip(outputs, names))}
        if external is not None:
            entry['externalData'] = [{'file': external.name, 'sha256': _sha256(external)}]
        if range is not None:
            entry['range'] = range
        self.graphs[role] = entry
        self.differences[role] = _agree(role, file, module, proof or inputs, 0.1 if self.half else tolerance)
        print(f'{role}: onnxruntime differs from PyTorch by {self.differences[role]:.1e} of the largest value')

    def constant(self, role: str, tensor: torch.Tensor):
        """A constant input of a graph."""
        file = self.part / f'{role}.f32'
        file.write_bytes(tensor.detach().float().cpu().contiguous().numpy().astype('<f4').tobytes())
        self.constants[role] = {'file': file.name, 'sha256': _sha256(file), 'dims': list(tensor.shape)}

    def finish(self, manifest: dict, card: str, licence: Path | str, notes: list[str] = ()):
        """
        `manifest`: the fields of model.json except `format`, `graphs`, `constants`, `precision`, `notes`. `licence`: a file or a
        text. `notes`: what is doubtful, in sentences.
        """
        contents = {'format': 1, **manifest, 'graphs': self.graphs, 'precision': 'mixed' if self.half else 'float32'}
        if notes:
            contents['notes'] = list(notes)
            card += '\n## Doubts\n\n' + ''.join(f'* {note}\n' for note in notes)
        if self.constants:
            contents['constants'] = self.constants
        (self.part / 'model.json').write_text(json.dumps(contents, indent=2, ensure_ascii=False) + '\n')
        (self.part / 'CARD.md').write_text(card)
        (self.part / 'LICENSE.txt').write_text(licence if isinstance(licence, str) else licence.read_text())
        self.finished = True
        _validate(self.part, self.out)
        if not contents['licence']['redistributable']:
            print(f'Licence: {contents["licence"]["name"]}. Do not redistribute this bundle; see CARD.md.')


def _save(model: onnx.ModelProto, file: Path) -> Path | None:
    # From the tensors, because protobuf cannot compute the size of a message above its limit.
    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) <= EXTERNAL_ABOVE:
        onnx.save_model(model, str(file))
        return None
    data = file.with_suffix('.data')
    onnx.save_model(model, str(file), save_as_external_data=True, all_tensors_to_one_file=True, location=data.name, size_threshold=1024)
    # onnx makes this file readable by its owner only, whatever the umask: a service could not read a bundle made by an administrator.
    data.chmod(file.stat().st_mode & 0o777)
    return data


def _sha256(file: Path) -> str:
    with open(file, 'rb') as opened:
        return hashlib.file_digest(opened, 'sha256').hexdigest()


def _agree(role, file, module, inputs, tolerance) -> float:
    import onnxruntime
    expected = module(*inputs.values())
    expected = [expected] if isinstance(expected, torch.Tensor) else list(expected)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; it warns of what it cannot compute beforehand in float16
    session = onnxruntime.InferenceSession(str(file), options, providers=['CPUExecutionProvider'])
    found = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    worst = 0.0
    for have, want in zip(found, expected):
        want = want.numpy()
        if not np.isfinite(have).all():
            raise ExportError(f'{role} of the bundle gives values that are no numbers', 'Export without --fp16')
        worst = max(worst, float(np.abs(have - want).max() / max(np.abs(want).max(), 1e-6)))
    if worst > tolerance:
        raise ExportError(f'{role} of the bundle differs from PyTorch by {worst:.1e} of its largest value', 'Please report this; nothing was kept')
    return worst


def _validate(folder: Path, name: Path):
    """Opens the bundle with remaster, if that is built."""
    script = PACKAGE / 'dist' / 'bench' / 'stages.js'
    if not script.exists() or shutil.which('node') is None:
        print(f'Not checked by remaster, because it is not built here. Run: remaster models {name}')
        return
    run = subprocess.run(['node', str(script), 'open', str(folder)], capture_output=True, text=True)
    if run.returncode != 0:
        raise ExportError(f'remaster refuses the bundle: {run.stderr.strip()}', 'Please report this; nothing was kept')
