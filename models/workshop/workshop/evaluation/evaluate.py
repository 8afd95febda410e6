"""Measures models on pairs of still images: PSNR and SSIM on Y, and detail (mean |Laplacian| of Y), beside bicubic.

python -m workshop.evaluation.evaluate MODEL … --pairs FOLDER … [--steps 1 4] [--sheet DIR]

MODEL is a folder with condition.onnx and denoise.onnx; FOLDER has hr/ and lr/ with files of the same name. Do not measure
with images that were used for training.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from ..nets.network import upsample_bicubic
from ..training import schedule


class OnnxModel:
    """A residual-shifting bundle, sampled in Python."""

    def __init__(self, folder: Path, threads: int):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.condition, self.denoise = (
            onnxruntime.InferenceSession(str(folder / f'{part}.onnx'), options, providers=['CPUExecutionProvider'])
            for part in ('condition', 'denoise'))

    def __call__(self, lq: np.ndarray, steps: int, seed: int) -> np.ndarray:
        """lq: float [1, 3, h, w] in [-1, 1]. The noise is the same for every image of the same size."""
        rng, etas = np.random.default_rng(seed), schedule.etas()
        y = bicubic(lq)
        cond = self.condition.run(None, {'lq': lq})[0]
        timesteps = schedule.timestep_subset(etas, steps)
        x = schedule.initial_state(y, rng.standard_normal(y.shape, np.float32), etas[timesteps[0]])
        for i, t in enumerate(timesteps):
            inputs = {'x': schedule.scale_input(x, etas[t]).astype(np.float32), 'cond': cond, 't': np.array([t]), 'y': y}
            x0 = self.denoise.run(None, inputs)[0]
            if i + 1 < len(timesteps):
                noise = rng.standard_normal(y.shape, np.float32)
                x = schedule.reverse_step(x, x0, etas[t], etas[timesteps[i + 1]], noise)
        return x0


def bicubic(lq: np.ndarray) -> np.ndarray:
    return upsample_bicubic(torch.from_numpy(lq)).numpy()


def luma(image: np.ndarray) -> np.ndarray:
    """Y of BT.601 in 16 … 235, from uint8 [h, w, 3]."""
    return 16 + image.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255 ** 2 / max(1e-10, ((a - b) ** 2).mean())))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004: 11 × 11 Gaussian of sigma 1.5, without the border."""
    def blur(x):
        return cv2.GaussianBlur(x, (11, 11), 1.5)[5:-5, 5:-5]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = blur(a), blur(b)
    va, vb, vab = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    return float((((2 * ma * mb + c1) * (2 * vab + c2)) / ((ma ** 2 + mb ** 2 + c1) * (va + vb + c2))).mean())


def detail(y: np.ndarray) -> float:
    return float(np.abs(cv2.Laplacian(y, cv2.CV_64F)[1:-1, 1:-1]).mean())


def as_input(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1)


def as_image(x: np.ndarray) -> np.ndarray:
    return ((x[0].clip(-1, 1) + 1) * 127.5 + 0.5).astype(np.uint8).transpose(1, 2, 0)


def measure(folder: Path, methods: dict, sheet: Path | None) -> dict[str, np.ndarray]:
    """Means over the folder: name → (psnr, ssim, detail). methods: name → function of the low-resolution input."""
    rows: dict[str, list] = {'truth': [], **{name: [] for name in methods}}
    for file in sorted((folder / 'hr').iterdir()):
        truth = np.asarray(Image.open(file).convert('RGB'))
        lq = as_input(np.asarray(Image.open(folder / 'lr' / file.name).convert('RGB')))
        y = luma(truth)
        rows['truth'].append((np.inf, 1, detail(y)))
        results = {name: as_image(method(lq)) for name, method in methods.items()}
        for name, image in results.items():
            result = luma(image)
            rows[name].append((psnr(result, y), ssim(result, y), detail(result)))
        if sheet:
            sheet.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.hstack([*results.values(), truth])).save(sheet / f'{folder.name}-{file.stem}.png')
    return {name: np.mean(values, 0) for name, values in rows.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('models', type=Path, nargs='+')
    p.add_argument('--pairs', type=Path, nargs='+', required=True)
    p.add_argument('--steps', type=int, nargs='+', default=[1, 4], help='sampling steps')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--sheet', type=Path, help='save the images side by side: bicubic, every model and step, ground truth')
    a = p.parse_args()
    methods = {'bicubic': bicubic}
    for folder in a.models:
        model = OnnxModel(folder, a.threads)
        for steps in a.steps:
            methods[f'{folder.name} {steps}'] = lambda lq, m=model, s=steps: m(lq, s, a.seed)
    tables = {folder.name: measure(folder, methods, a.sheet) for folder in a.pairs}
    print('| | ' + ' | '.join(tables) + ' |\n|---|' + '---|' * len(tables))
    for name in ['truth', *methods]:
        cells = ['{:.2f} / {:.3f} / {:.2f}'.format(*table[name]) for table in tables.values()]
        print(f'| {name} | ' + ' | '.join(cells) + ' |')


if __name__ == '__main__':
    main()
