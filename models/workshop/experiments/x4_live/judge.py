"""Measures checkpoints on the pairs for choosing between runs, and ranks them.

PYTHONPATH=models/workshop python judge.py measure NAME=FILE.pt … --pairs PAIRS --weights LPIPS --niqe PARAMS.npz \\
    --damaged DAMAGED [--results results.tsv]
PYTHONPATH=models/workshop python judge.py rank [--results results.tsv]

PAIRS holds realsr/ and drealsr/, each with hr/ and lr/ with files of the same name. These must neither train nor be the pairs
of the final table. NAME=bicubic measures bicubic upscaling. A line per model and set goes to the end of --results:
  vgg    LPIPS-VGG of the middle 256 x 256, in a quarter of the time; not to be compared with that of whole images (--whole)
  rim    mean grey levels by which the luma exceeds the highest of the truth within 3 pixels, beside strong edges of the truth
  grid   dB by which the frequencies of a 4-pixel grid stand out, above the truth's
Sets: realsr and drealsr; 17 images of them degraded further, which are kept in DAMAGED: noisy (realsr, noise 5 and JPEG 50),
h264 (realsr, crf 28), mpeg2 (drealsr, q 8).
"""
import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from perceptual import Lpips
from workshop.data.video_codec import encode_and_decode
from workshop.evaluation.evaluate import as_image, as_input, detail, luma, psnr
from workshop.evaluation.niqe import niqe
from workshop.nets import checkpoint
from workshop.nets.network import build_network, upsample_bicubic
from workshop.training.diffusion import ResShift
from workshop.training.spectral_loss import grid_strength

REAL = ('realsr', 'drealsr')
DAMAGED = {'noisy': 'realsr', 'h264': 'realsr', 'mpeg2': 'drealsr'}
DAMAGED_COUNT = 17
COLUMNS = ['model', 'set', 'vgg of', 'psnr', 'alex', 'vgg', 'niqe', 'detail', 'rim', 'grid', 'note']


def read_rgb(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert('RGB'))


def tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(as_input(image)).float()


def damage(source: np.ndarray, kind: str, rng) -> np.ndarray:
    """Noise and JPEG, or the last frame of a video that pans by two pixels a frame and ends at the image."""
    if kind == 'noisy':
        noisy = (source + rng.normal(0, 5, source.shape)).clip(0, 255).astype(np.uint8)
        compressed = cv2.imencode('.jpg', noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
        return np.ascontiguousarray(cv2.imdecode(compressed, cv2.IMREAD_COLOR)[..., ::-1])
    w = source.shape[1]
    wide = np.pad(source, ((0, 0), (0, 12), (0, 0)), mode='reflect')
    video = np.stack([wide[:, at:at + w] for at in (10, 8, 6, 4, 2, 0)])
    video = (video + rng.normal(0, 1.5, video.shape)).clip(0, 255).astype(np.uint8)
    strength = (28 - 18) / 17 if kind == 'h264' else 0.5  # crf 28, q 8
    return encode_and_decode(video, kind, strength, rng)[-1]


def pairs_of_set(name: str, pairs: Path, damaged: Path) -> list[tuple[Path, Path]]:
    """Files of ground truths and sources; damaged sources are made if they do not exist."""
    base = DAMAGED.get(name, name)
    found = [(hr, pairs / base / 'lr' / hr.name) for hr in sorted((pairs / base / 'hr').iterdir())]
    if name in REAL:
        return found
    made = []
    for number, (hr, lr) in enumerate(found[:DAMAGED_COUNT]):
        file = damaged / name / hr.name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(damage(read_rgb(lr), name, np.random.default_rng([7, number]))).save(file)
        made.append((hr, file))
    return made


def rim(result: np.ndarray, truth: np.ndarray) -> float:
    """Of lumas; beside an edge is where the truth's range within 7 pixels is above 80. Nan if there are hardly any edges."""
    truth = truth.astype(np.float32)
    near, far = np.ones((7, 7), np.uint8), np.ones((15, 15), np.uint8)
    edges = (cv2.dilate(truth, far) - cv2.erode(truth, far)) > 80
    excess = np.maximum(0, result - cv2.dilate(truth, near))[edges]
    return float(excess.mean()) if edges.sum() > 500 else float('nan')


def load_model(text: str):
    """A function from source and upscaled source to the output. text: FILE.pt, FILE.pt@STEPS (default 4) or bicubic."""
    if text == 'bicubic':
        return lambda lq, y: y
    file, _, steps = text.partition('@')
    contents = checkpoint.load(Path(file))
    net = build_network(contents['settings'])
    net.load_state_dict(contents['ema'])
    net.eval()
    if contents['settings'].get('one_step'):
        return lambda lq, y: net.denoise(y, net.condition(lq), torch.ones(1, dtype=torch.long), y)

    def sampled(lq, y):
        torch.manual_seed(0)  # every image and every model gets the same noise
        cond = net.condition(lq)

        def predict(x, level):
            return net.denoise(x, cond, torch.full((1,), level + 1, dtype=torch.long), y)

        return ResShift(np.random.default_rng(0)).sample(y, predict, int(steps or 4))

    return sampled


class Judge:
    def __init__(self, weights: Path, niqe_params: Path, whole: bool):
        self.alex, self.vgg = (Lpips(weights / f'lpips-{net}-fp32.pt') for net in ('alex', 'vgg'))
        self.params, self.whole = np.load(niqe_params), whole

    def vgg_part(self, x):
        return x if self.whole else x[..., 128:384, 128:384]

    @torch.no_grad()
    def measure(self, hr: Path, lr: Path, models: dict, is_real: bool) -> dict[str, list[float]]:
        """The figures of one pair by model, in the order of COLUMNS."""
        truth = read_rgb(hr)
        t, lq, truth_luma = tensor(truth), tensor(read_rgb(lr)), luma(truth)
        y, nan = upsample_bicubic(lq), float('nan')
        alex = self.alex.features(t)
        vgg = self.vgg.features(self.vgg_part(t)) if is_real or self.whole else None
        rows = {}
        for name, model in models.items():
            image = as_image(model(lq, y).numpy())
            x, result = tensor(image), luma(image)
            rows[name] = [
                psnr(result, truth_luma), float(self.alex.between(self.alex.features(x), alex)),
                float(self.vgg.between(self.vgg.features(self.vgg_part(x)), vgg)) if vgg else nan,
                niqe(result, self.params) if is_real else nan, detail(result), rim(result, truth_luma),
                grid_strength(x) - grid_strength(t) if is_real else nan]
        return rows


def append(results: Path, row: list):
    is_new = not results.exists()
    with open(results, 'a', newline='') as out:
        writer = csv.writer(out, delimiter='\t')
        writer.writerows([COLUMNS, row] if is_new else [row])
    print('\t'.join(row), flush=True)


def measure(a):
    torch.set_num_threads(a.threads)
    models = {name: load_model(file) for name, file in (text.split('=', 1) for text in a.models)}
    judge = Judge(a.weights, a.niqe, a.whole)
    for name in a.sets:
        rows = [judge.measure(hr, lr, models, name in REAL) for hr, lr in pairs_of_set(name, a.pairs, a.damaged)]
        for model in models:
            values = np.array([row[model] for row in rows])
            means = [np.nanmean(v) if np.isfinite(v).any() else float('nan') for v in values.T]
            figures = [f'{value:.{digits}f}' for value, digits in zip(means, (2, 4, 4, 2, 2, 3, 1))]
            append(a.results, [model, name, 'whole' if a.whole else 'middle', *figures, a.note])


def score(sets: dict[str, dict]) -> float:
    """Lower is better. The weights are a matter of taste; PSNR, NIQE and rims were given little."""
    def mean(column, names):
        return np.mean([float(sets[name][column]) for name in names])
    real = mean('alex', REAL) + 0.5 * mean('vgg', REAL) + 0.02 * mean('rim', REAL)
    return real + 0.01 * (mean('niqe', REAL) - mean('psnr', REAL)) + 0.3 * mean('alex', DAMAGED)


def rank(a):
    models: dict[str, dict] = {}
    with open(a.results, newline='') as lines:
        for row in csv.DictReader(lines, delimiter='\t'):
            if row['vgg of'] == 'middle':
                models.setdefault(row['model'], {})[row['set']] = row
    scores = {name: score(sets) for name, sets in models.items() if set(sets) >= {*REAL, *DAMAGED}}
    for name, value in sorted(scores.items(), key=lambda item: item[1]):
        real = '  '.join('{}: {psnr} / {alex} / {vgg} / {niqe}, rim {rim}'.format(s, **models[name][s]) for s in REAL)
        print(f'{name:14} {value:.4f}  {real}  alex of ' + ', '.join(f'{s} {models[name][s]["alex"]}' for s in DAMAGED))


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = p.add_subparsers(required=True)
    m = commands.add_parser('measure', help='measure checkpoints')
    m.set_defaults(run=measure)
    m.add_argument('models', nargs='+', metavar='NAME=FILE.pt[@STEPS]')
    m.add_argument('--pairs', type=Path, required=True, help='folder with realsr/ and drealsr/')
    m.add_argument('--weights', type=Path, required=True, help='folder with lpips-vgg-fp32.pt and lpips-alex-fp32.pt')
    m.add_argument('--niqe', type=Path, required=True, help='niqe_pris_params.npz, see workshop.evaluation.niqe')
    m.add_argument('--damaged', type=Path, required=True, help='folder where the damaged sources are kept')
    m.add_argument('--sets', nargs='+', choices=[*REAL, *DAMAGED], default=[*REAL, *DAMAGED])
    m.add_argument('--whole', action='store_true', help='LPIPS-VGG of whole images')
    m.add_argument('--threads', type=int, default=1)
    m.add_argument('--note', default='', help='a remark for the last column, for example the arguments of the run')
    r = commands.add_parser('rank', help='print the models, best first')
    r.set_defaults(run=rank)
    for command in (m, r):
        command.add_argument('--results', type=Path, default=Path('results.tsv'))
    return p.parse_args()


def main():
    a = parse_arguments()
    a.run(a)


if __name__ == '__main__':
    main()
