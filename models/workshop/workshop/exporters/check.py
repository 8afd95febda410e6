"""Runs one tile through a bundle with remaster and through the official code, with the same noise, and compares every stage."""
import importlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from . import common
from .common import ExportError

STAGES = Path(__file__).parents[4] / 'dist' / 'bench' / 'stages.js'


def add_arguments(parser, system: str):
    common.add_arguments(parser)
    parser.add_argument('--image', type=Path, help='an image file, of which the centre is used; default: a synthetic image')
    parser.add_argument('--mask', type=Path, help='for inpainting: an image file, white inside the mask; default: two strokes')
    parser.add_argument('--tile', type=int, help="side of the tile in source pixels; default: the smallest that the bundle accepts")
    parser.add_argument('--steps', type=int, help="sampling steps; default: those of the bundle")
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=0, help='of onnxruntime; 0 for its default')
    exporter_of(system).add_check_arguments(parser)


def exporter_of(system: str):
    return importlib.import_module(f'.{system}', __package__)


def run(args):
    _require_inputs(args)
    with tempfile.TemporaryDirectory() as folder:
        ours = engine_run(args, Path(folder))
    height, width = ours.image.shape[:2]
    print(f'{ours.manifest["name"]}, tile of {width}×{height} source pixels, {ours.steps} steps, {ours.seconds:.1f} s in the engine '
          f'({ours.cpu_seconds:.1f} CPU seconds); at most {ours.peak / 1e9:.1f} GB, step by step and as one graph')
    print(f'{"stage":<30}{"max":>10}{"mean":>10}{"of":>10}')
    for stage, official, found in exporter_of(ours.manifest['system']).compare(ours, args):
        print(line(stage, official, found))


def _require_inputs(args):
    """ExportError if a file or a package is missing, before the engine takes minutes."""
    common.check_packages(json.loads((args.bundle / 'model.json').read_text())['system'])
    for name, path in vars(args).items():
        if isinstance(path, Path) and not path.exists():
            raise ExportError(f'{path} is not there', f'Correct --{name.replace("_", "-")}')


def engine_run(args, folder: Path) -> 'EngineRun':
    """Runs the bundle; temporary files are written to `folder`."""
    if not STAGES.exists() or shutil.which('node') is None:
        raise ExportError(f'remaster is not built: there is no {STAGES}', 'Run `npm install` and `npm run build` in its folder')
    manifest = json.loads((args.bundle / 'model.json').read_text())
    fixed = manifest['tile']['size'] if manifest['tile'].get('fixed') else None
    side = args.tile or fixed or manifest['multiple']
    if fixed not in (None, side):
        raise ExportError(f'--tile {side} is not what the bundle was exported for', f'Give {fixed}, or leave --tile out')
    if side % manifest['multiple'] != 0:
        raise ExportError(f'--tile {side} is not a multiple of {manifest["multiple"]}', f'Give {manifest["multiple"]}, or a multiple of it')
    image = synthetic_image(side) if args.image is None else read_centre(args.image, side, 3)
    mask = None
    if manifest['task'] == 'inpaint':
        mask = synthetic_mask(side) if args.mask is None else (read_centre(args.mask, side, 1)[..., 0] > 127).astype(np.uint8) * 255
    return EngineRun(args.bundle, manifest, image, mask, args, folder)


def line(stage: str, official: np.ndarray, found: np.ndarray) -> str:
    """Largest and mean difference, and the largest official value, for comparison."""
    official, found = np.asarray(official, np.float64), np.asarray(found, np.float64)
    if official.shape != found.shape:
        raise ExportError(f'{stage} is shaped {list(found.shape)}, but officially {list(official.shape)}', 'Please report this')
    difference = np.abs(official - found)
    changed = f'  {100 * (difference > 0).mean():.3f} % of samples' if found.max() > 8 else ''
    return f'{stage:<30}{difference.max():>10.1e}{difference.mean():>10.1e}{np.abs(official).max():>10.3g}{changed}'


class EngineRun:
    """What remaster computed for one tile, stage by stage. The names in job.json and record.json are those of bench/stages."""

    def __init__(self, bundle: Path, manifest: dict, image: np.ndarray, mask: np.ndarray | None, args, folder: Path):
        self.manifest, self.image, self.mask = manifest, image, mask
        height, width = image.shape[:2]
        image.tofile(folder / 'picture.raw')
        job = {'picture': 'picture.raw', 'mask': None, 'width': width, 'height': height, 'steps': args.steps, 'order': getattr(args, 'order', None),
               'seed': args.seed, 'threads': args.threads}
        if mask is not None:
            mask.tofile(folder / 'mask.raw')
            job['mask'] = 'mask.raw'
        (folder / 'job.json').write_text(json.dumps(job))
        result = subprocess.run(['node', str(STAGES), 'run', str(bundle.absolute()), str(folder)], stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise ExportError(f'remaster could not run the bundle: {result.stderr.strip()}', 'Run: remaster doctor')
        record = json.loads((folder / 'record.json').read_text())
        self.plan, self.seconds = record['plan'], record['seconds']
        self.cpu_seconds, self.peak = record['cpuSeconds'], record['peakBytes']
        self.steps = len(self.plan['steps'])
        self.noise: dict[int, np.ndarray] = {}
        # With AdaIN; None for bundles without the graph `preprocess`.
        self.adain: np.ndarray | None = None
        self._calls: dict[str, list] = {}
        for entry in record['entries']:
            # Read, not mapped: the folder is deleted before the data are used.
            data = np.fromfile(folder / entry['file'], entry['type']).reshape(entry['dims'])
            match entry['kind']:
                case 'noise':
                    self.noise[entry['call']] = data
                case 'final':
                    self.final = data
                case 'fused':
                    self.fused = data
                case 'adain':
                    self.adain = data
                case kind:
                    calls = self._calls.setdefault(entry['graph'], [])
                    if len(calls) == entry['call']:
                        calls.append(({}, {}))
                    calls[entry['call']][kind == 'output'][entry['role']] = data

    def calls(self, graph: str) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
        """Inputs and outputs of every call of a graph, by role, from the step-by-step executor."""
        return self._calls.get(graph, [])


def synthetic_image(side: int) -> np.ndarray:
    """Soft shapes, a grid and some noise, uint8 [side, side, 3]."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:side, :side] / side
    waves = [np.sin(6.3 * (a * x + b * y + c)) for a, b, c in rng.uniform(-2, 2, (3, 3))]
    soft = 128 + 70 * np.stack(waves, -1) + 25 * ((x * 8 % 1 > 0.9) | (y * 8 % 1 > 0.9))[..., None]
    return np.clip(soft + rng.normal(0, 4, soft.shape), 0, 255).astype(np.uint8)


def synthetic_mask(side: int) -> np.ndarray:
    """Two scratches, 255 inside the mask."""
    y, x = np.mgrid[:side, :side]
    return (((abs(x - y / 3 - side / 4) < side / 40) | (abs(y - side / 2) < side / 60)) * 255).astype(np.uint8)


def read_centre(file: Path, side: int, channels: int) -> np.ndarray:
    """The centre of an image file, uint8 [side, side, channels]."""
    from PIL import Image
    with Image.open(file) as image:
        if min(image.size) < side:
            raise ExportError(f'{file} has {image.size[0]}×{image.size[1]} pixels, fewer than the tile of {side}', 'Give a larger image or a smaller --tile')
        left, top = (image.size[0] - side) // 2, (image.size[1] - side) // 2
        centre = image.crop((left, top, left + side, top + side)).convert('RGB' if channels == 3 else 'L')
        return np.asarray(centre).reshape(side, side, channels).copy()
