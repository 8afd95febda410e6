"""Measures how natural the images of each folder look, without a reference.

python -m workshop.evaluation.niqe --params niqe_pris_params.npz FOLDER …

NIQE (Mittal, Soundararajan, Bovik: Making a "completely blind" image quality analyzer, 2013), lower is better: the distance
between the statistics of 96 x 96 patches of an image and those of natural photographs. The latter are published by the
authors; they are in the source package of basicsr 1.4.2 on PyPI, as basicsr/metrics/niqe_pris_params.npz. The figures agree
with those of basicsr to 0.5 %.
"""
import argparse
from math import gamma
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .evaluate import luma

PATCH = 96
SHAPES = np.arange(0.2, 10.001, 0.001)
RATIOS = np.array([gamma(2 / s) ** 2 / (gamma(1 / s) * gamma(3 / s)) for s in SHAPES])


def fit_asymmetric_gaussian(values: np.ndarray) -> tuple[float, float, float]:
    """Shape, left scale and right scale of an asymmetric generalised Gaussian (eq. 4 to 7)."""
    left, right = np.sqrt((values[values < 0] ** 2).mean()), np.sqrt((values[values > 0] ** 2).mean())
    g = left / right
    ratio = np.abs(values).mean() ** 2 / (values ** 2).mean()
    ratio *= (g ** 3 + 1) * (g + 1) / (g ** 2 + 1) ** 2
    shape = float(SHAPES[np.argmin((RATIOS - ratio) ** 2)])
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def patch_features(patch: np.ndarray) -> list[float]:
    """18 features of a patch of normalised luma: of its values, and of the products of neighbours (eq. 8)."""
    shape, left, right = fit_asymmetric_gaussian(patch)
    features = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = fit_asymmetric_gaussian(patch * np.roll(patch, shift, (0, 1)))
        features += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return features


def niqe(y: np.ndarray, params) -> float:
    """y: luma, 0 … 255, float [h, w], at least 192 each way."""
    h, w = (side // PATCH * PATCH for side in y.shape)
    y = y[:h, :w].round()
    window = params['gaussian_window']
    rows = []
    for scale in (1, 2):
        mean = cv2.filter2D(y, -1, window, borderType=cv2.BORDER_REPLICATE)
        spread = np.sqrt(np.abs(cv2.filter2D(y * y, -1, window, borderType=cv2.BORDER_REPLICATE) - mean * mean))
        normalised, side = (y - mean) / (spread + 1), PATCH // scale
        rows.append([patch_features(normalised[r:r + side, c:c + side])
                     for c in range(0, w // scale, side) for r in range(0, h // scale, side)])
        half = Image.fromarray(y.astype(np.float32)).resize((w // 2, h // 2), Image.Resampling.BICUBIC)  # like MATLAB's imresize
        y = np.asarray(half).astype(np.float64)
    features = np.concatenate(rows, 1)
    difference = params['mu_pris_param'] - np.nanmean(features, 0)
    covariance = np.cov(features[~np.isnan(features).any(1)], rowvar=False)
    return float(np.sqrt(np.squeeze(difference @ np.linalg.pinv((params['cov_pris_param'] + covariance) / 2) @ difference.T)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('folders', type=Path, nargs='+')
    p.add_argument('--params', type=Path, required=True, help='niqe_pris_params.npz')
    a = p.parse_args()
    params = np.load(a.params)
    print('| images | NIQE |\n|---|---|')
    for folder in a.folders:
        files = sorted(f for f in folder.iterdir() if f.suffix == '.png')
        scores = [niqe(luma(cv2.imread(str(file))[..., ::-1]), params) for file in files]
        print(f'| {folder.name} | {np.mean(scores):.2f} |')


if __name__ == '__main__':
    main()
