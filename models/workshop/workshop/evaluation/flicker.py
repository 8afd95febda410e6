"""Measures whether the detail that a model adds to a video moves with the scene, sticks to the screen, or flickers.

python -m workshop.evaluation.flicker FOLDER … [--lag 4]

FOLDER has videos of the same frames, as bench/clips saves them: truth.mkv, lanczos.mkv and one for each model. r is the detail
that a video has beyond lanczos, and W is warping by the optical flow of the ground truth over `lag` frames, on pixels that stay visible:

    warp    1000 x mean (W(V[t+1]) - V[t])^2, V in 0 ... 1, neighbouring frames   (Lai et al. 2018; blur lowers it)
    sigma   standard deviation of r, of 255
    motion  corr(r[t], W(r[t+lag])), where the scene moved at least 2 pixels: 1 = detail moves with the scene
    stick   corr(r[t], r[t+lag]) at the same places: 1 = detail sticks to the screen
"""
import argparse
from pathlib import Path

import cv2
import numpy as np


def read_luma(file: Path) -> list[np.ndarray]:
    """Luma of every frame, uint8 [h, w]."""
    video, frames = cv2.VideoCapture(str(file)), []
    while True:
        ok, frame = video.read()
        if not ok:
            return frames
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


def optical_flow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[h, w, 2]: the displacement (x, y) of each pixel of a in b."""
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(a, b, None)


def warp(frame: np.ndarray, flow: np.ndarray) -> np.ndarray:
    h, w = frame.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return cv2.remap(frame, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def visible(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Pixels that are visible in both frames and not at a motion boundary (Lai et al. 2018)."""
    h, w = forward.shape[:2]
    warped_back = warp(backward, forward)
    size = (forward ** 2).sum(-1) + (warped_back ** 2).sum(-1)
    consistent = ((forward + warped_back) ** 2).sum(-1) <= 0.01 * size + 0.5
    gradient = sum((np.gradient(forward[..., i], axis=axis) ** 2 for i in (0, 1) for axis in (0, 1)))
    smooth = gradient <= 0.01 * (forward ** 2).sum(-1) + 0.002
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    inside = ((x + forward[..., 0] >= 0) & (x + forward[..., 0] <= w - 1)
              & (y + forward[..., 1] >= 0) & (y + forward[..., 1] <= h - 1))
    return consistent & smooth & inside


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).mean() / max(1e-9, a.std() * b.std()))


def measure(videos: dict[str, list[np.ndarray]], lag: int) -> dict[str, dict[str, float]]:
    """`videos` has truth, lanczos and others, all of the same size."""
    truth, base = videos['truth'], videos['lanczos']
    count = min(map(len, videos.values()))
    rows: dict[str, dict[str, list[float]]] = {name: {k: [] for k in ('warp', 'sigma', 'motion', 'stick')} for name in videos}
    for t in range(count - lag):
        near, far = optical_flow(truth[t], truth[t + 1]), optical_flow(truth[t], truth[t + lag])
        stable = visible(near, optical_flow(truth[t + 1], truth[t]))
        moved = visible(far, optical_flow(truth[t + lag], truth[t])) & (np.hypot(far[..., 0], far[..., 1]) >= 2)
        for name, video in videos.items():
            a, b = (video[i].astype(np.float32) for i in (t, t + 1))
            if stable.any():
                rows[name]['warp'].append(float((((warp(b, near) - a)[stable] / 255) ** 2).mean() * 1000))
            r, later = (video[i].astype(np.float32) - base[i] for i in (t, t + lag))
            rows[name]['sigma'].append(float(r.std()))
            if name != 'lanczos' and moved.sum() > 1000:
                rows[name]['motion'].append(correlation(r[moved], warp(later, far)[moved]))
                rows[name]['stick'].append(correlation(r[moved], later[moved]))
    return {name: {k: float(np.mean(v)) if v else float('nan') for k, v in row.items()} for name, row in rows.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('folders', type=Path, nargs='+')
    p.add_argument('--lag', type=int, default=4, help='frames')
    a = p.parse_args()
    print('| video | | warp | sigma | motion | stick |\n|---|---|---|---|---|---|')
    for folder in a.folders:
        videos = {file.stem: read_luma(file) for file in sorted(folder.glob('*.mkv')) if file.stem != 'small'}
        for name, row in measure(videos, a.lag).items():
            cells = ['–' if np.isnan(v) else f'{v:.2f}' for v in row.values()]
            print(f'| {folder.name} | {name} | ' + ' | '.join(cells) + ' |')


if __name__ == '__main__':
    main()
