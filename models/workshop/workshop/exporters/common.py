"""Shared by the exporters: the official clone, checkpoints, free memory, and errors that say what to do."""
import contextlib
import importlib.metadata
import io
import shutil
import subprocess
import sys
import tomllib
import warnings
import zipfile
from pathlib import Path

import torch

# The folder of pyproject.toml.
WORKSHOP = Path(__file__).parents[2]


class ExportError(Exception):
    """What is wrong, with the file name, and what to do: one sentence each."""

    def __init__(self, what: str, remedy: str):
        super().__init__(f'{what}. {remedy}')


def add_arguments(parser):
    """The options of all systems."""
    parser.add_argument('--repo', type=Path, required=True, help='your clone of the official repository')
    parser.add_argument('--any-commit', action='store_true', help='accept the clone in any state; the exporter was only tested with one commit')
    parser.add_argument('--trust-checkpoint', action='store_true', help='load checkpoints that hold more than tensors; such a file can run any program when it is opened')


def add_export_arguments(parser):
    """The options of `export` for all systems."""
    parser.add_argument('--out', type=Path, required=True, help='folder of the bundle; must not exist yet')
    parser.add_argument('--sha256', help='what the checkpoint given with --weights must have')
    parser.add_argument('--fp16', action='store_true', help='weights as float16, half the size; normalisation, softmax and timestep stay float32')
    parser.add_argument('--size', type=int, help='tiles of exactly this many source pixels, one at a time: for providers that compile for one size')


def check_size(size: int | None, multiple: int):
    if size is not None and (size < 1 or size % multiple):
        raise ExportError(f'--size {size} is not a multiple of {multiple}', f'Give {multiple}, or a multiple of it')


def describe_tiles(size: int | None, multiple: int) -> str:
    return f'multiples of {multiple} source pixels' if size is None else f'exactly {size}×{size} source pixels, one at a time'


def check_clone(repo: Path, *, commit: str, address: str, needs: str, any_commit: bool) -> Path:
    """The absolute path of the clone. ExportError unless it has the file `needs` and is at `commit`, without changes."""
    repo = repo.absolute()
    if not (repo / needs).exists():
        raise ExportError(f'{repo} is not a clone of {address}: it has no {needs}', f'Run: git clone {address}')
    if any_commit:
        return repo
    checkout = f'Run: git -C {repo} checkout {commit}; or use it anyway with --any-commit'
    if not (repo / '.git').exists():
        raise ExportError(f'{repo} is not a git clone, so its commit is unknown', f'Run: git clone {address}; or use it anyway with --any-commit')
    head = _git(repo, 'rev-parse', 'HEAD')
    if not head.startswith(commit):
        raise ExportError(f'{repo} stands at commit {head[:7]}, and this exporter was proved with {commit}', checkout)
    changed = _git(repo, 'status', '--porcelain', '--untracked-files=no').splitlines()
    if changed:
        raise ExportError(f'{repo} is not as it was published: {changed[0].split(maxsplit=1)[1]} was changed', checkout.replace(' checkout', ' checkout --force'))
    return repo


def check_packages(extra: str):
    """ExportError unless the packages of this group of pyproject.toml are installed, in the versions that it asks for."""
    from packaging.requirements import Requirement
    groups = tomllib.loads((WORKSHOP / 'pyproject.toml').read_text())['project']['optional-dependencies']
    for wanted in map(Requirement, groups[extra]):
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            raise ExportError(f'the official code needs the Python package {wanted}, which is not installed', install(extra)) from None
        if not wanted.specifier.contains(version, prereleases=True):
            raise ExportError(f'the official code needs the Python package {wanted}, and {version} is installed', install(extra))


def install(extra: str) -> str:
    return f"Run in {WORKSHOP}: pip install -e '.[{extra}]'"


def _git(repo: Path, *arguments: str) -> str:
    # In a container the clone may belong to another user, which git refuses by default.
    run = subprocess.run(['git', '-c', f'safe.directory={repo}', '-C', str(repo), *arguments], capture_output=True, text=True)
    if run.returncode != 0:
        raise ExportError(f'{repo} cannot be read by git ({run.stderr.strip()})', 'Clone it again, or use it anyway with --any-commit')
    return run.stdout.strip()


@contextlib.contextmanager
def importing(repo: Path, stubs: dict | None = None):
    """
    Makes the modules of the clone importable, and unloads them afterwards: all three repositories have packages called `ldm`
    or `models`. `stubs` (name → module) replace packages that are imported but not used. Call `check_packages` before.
    """
    before = dict(sys.modules)
    path, writes = list(sys.path), sys.dont_write_bytecode
    for name in [name for name, module in before.items() if name.split('.')[0] in _packages(repo)]:
        del sys.modules[name]
    sys.path.insert(0, str(repo))
    sys.dont_write_bytecode = True
    sys.modules.update({**(stubs or {}), 'xformers': None})  # hidden, because its attention cannot be exported
    try:
        yield
    except ModuleNotFoundError as error:
        raise ExportError(f'the official code needs the Python module {error.name}, which is not installed', install('resshift,osediff,dossr')) from error
    finally:
        sys.path[:], sys.dont_write_bytecode = path, writes
        for name, module in list(sys.modules.items()):
            file = getattr(module, '__file__', None) or ''
            if name == 'xformers' or name in (stubs or {}) or name.split('.')[0] in _packages(repo) or file.startswith(str(repo)):
                del sys.modules[name]
        sys.modules.update({name: module for name, module in before.items() if name not in sys.modules})


@contextlib.contextmanager
def quiet():
    """Suppresses what the official code prints, and the deprecation warnings of torch."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


def _packages(repo: Path) -> set[str]:
    return {entry.stem for entry in repo.iterdir() if entry.suffix == '.py' or (entry.is_dir() and any(entry.glob('*.py')))}


def check_download(file: Path, what: str) -> str:
    """
    ExportError unless the file may be a whole checkpoint of PyTorch, without reading all of it. Returns what to do about one that
    turns out to be damaged. `what` describes the expected file: "the denoiser's checkpoint".
    """
    again = f'Give {what}, or download it again and compare its size with the one that its page shows'
    if not file.is_file():
        raise ExportError(f'{file} is not there', f'Give the path of {what}')
    with open(file, 'rb') as opened:
        head = opened.read(64)
    if head.startswith(b'version https://git-lfs'):
        raise ExportError(f'{file} is only a pointer of git-lfs', 'Run: git lfs pull')
    if head.lstrip()[:1] == b'<':
        raise ExportError(f'{file} is a web page, not a checkpoint', again)
    if head[:2] == b'PK' and not zipfile.is_zipfile(file):
        raise ExportError(f'{file} ends too early, after {file.stat().st_size} bytes: half a download', again)
    if head[:2] != b'PK' and head[:1] != b'\x80':
        raise ExportError(f'{file} is no checkpoint of PyTorch', again)
    return again


def load_checkpoint(file: Path, what: str, *, trusted: bool = False) -> dict:
    """
    The top level of a checkpoint, on the CPU; `what` as for `check_download`. ExportError for incomplete downloads and, unless
    `trusted`, for files that contain more than tensors.
    """
    again = check_download(file, what)
    try:
        state = torch.load(file, map_location='cpu', weights_only=not trusted, mmap=zipfile.is_zipfile(file))
    except Exception as error:  # torch raises many types for unreadable files
        if 'Unsupported' in str(error):  # global, class or operand
            raise ExportError(f'{file} holds more than tensors', 'If you trust where it came from, add --trust-checkpoint') from error
        raise ExportError(f'{file} cannot be read as a checkpoint: it is damaged, or half a download', again) from error
    if not isinstance(state, dict):
        raise ExportError(f'{file} holds a {type(state).__name__}, not the tensors of a network', again)
    return state


def tensors_of(state: dict) -> dict:
    """The tensors of a checkpoint, without the prefixes that DataParallel and torch.compile add."""
    state = state.get('state_dict', state)
    return {name.replace('_orig_mod.', '').removeprefix('module.'): tensor for name, tensor in state.items()}


def load_tensors(module: torch.nn.Module, tensors: dict, file: Path, what: str, prefix: str = '') -> list[str]:
    """
    Loads the `tensors` below `prefix` into `module` and switches it to inference. ExportError if one is missing or has another
    shape. Returns the names of unused tensors.
    """
    given = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    wanted = module.state_dict()
    remedy = f'Give {what}'
    missing = [name for name in wanted if name not in given]
    if missing:
        raise ExportError(f'{file} is another checkpoint: {len(missing)} of {len(wanted)} tensors of the network are not in it, the first {prefix}{missing[0]}', remedy)
    for name, tensor in wanted.items():
        if given[name].shape != tensor.shape:
            shapes = f'{list(given[name].shape)}, but the network has {list(tensor.shape)}'
            raise ExportError(f'{file} is another checkpoint: its {prefix}{name} is shaped {shapes}', remedy)
    broken = next((name for name in wanted if given[name].is_floating_point() and not given[name].isfinite().all()), None)
    if broken is not None:
        raise ExportError(f'{file} is damaged: {prefix}{broken} holds values that are no numbers', 'Download it again')
    module.load_state_dict({name: given[name] for name in wanted})
    module.eval().requires_grad_(False)
    return [name for name in given if name not in wanted]


def require_memory(bytes_needed: int, what: str):
    """ExportError before loading, instead of being killed by the system while exporting."""
    free = _available()
    if free is not None and free < bytes_needed:
        raise ExportError(f'{what} needs about {bytes_needed / 2**30:.1f} GB of memory, and {free / 2**30:.1f} GB are free', 'Close other programs, or export on a larger machine; the bundle can be copied')


def say_needs(out: Path, what: str, memory: int, disk: int):
    """Says what an export takes, in bytes, before it takes minutes. ExportError if it is not there."""
    print(f'{what} needs about {memory / 2**30:.1f} GB of memory and {disk / 2**30:.1f} GB of disk.')
    require_memory(memory, what)
    folder = next(parent for parent in out.absolute().parents if parent.is_dir())
    free = shutil.disk_usage(folder).free
    if free < disk:
        raise ExportError(f'{what} needs about {disk / 2**30:.1f} GB of disk, and {free / 2**30:.1f} GB are free in {folder}', 'Free some, or give another disk with --out')


def _available() -> int | None:
    """Bytes of memory that this process can still allocate; None if unknown."""
    found = []
    try:
        fields = dict(line.split(':') for line in Path('/proc/meminfo').read_text().splitlines())
        found.append(int(fields['MemAvailable'].split()[0]) * 1024)
        group = Path('/sys/fs/cgroup')
        found.append(int((group / 'memory.max').read_text()) - int((group / 'memory.current').read_text()))
    except (OSError, ValueError, KeyError):
        pass  # not Linux, or a container without a limit, where memory.max is "max"
    return min(found, default=None)
