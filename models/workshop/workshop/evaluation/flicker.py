"""python -m workshop.evaluation.flicker FOLDER … [--lag 4]: does what a model invents follow the scene, stick to the glass, or flicker?

FOLDER holds films of the same frames as bench/clips keeps them: truth.mkv, lanczos.mkv and one for each model. With r, the
detail a film has beyond lanczos, and W, the warping by the truth's optical flow over `lag` frames, on pixels that stay visible:

    warp    1000 x mean (W(V[t+1]) - V[t])^2, V in 0 ... 1, neighbouring frames   (Lai et al. 2018; blur is rewarded)
    sigma   standard deviation of r, of 255
    motion  corr(r[t], W(r[t+lag])), where the scene moved at least 2 pixels: 1 = detail follows the scene
    stick   corr(r[t], r[t+lag]) at the same places: 1 = detail is glued to the screen
"""
import argparse
from pathlib import Path

import cv2
import numpy as np


def frames(file: Path) -> list[np.ndarray]:
    """Luma of every frame, uint8 [h, w]."""
    film, found = cv2.VideoCapture(str(file)), []
    while True:
        there, picture = film.read()
        if not there:
            return found
        found.append(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def flow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[h, w, 2]: where in b each pixel of a is, as a displacement (x, y)."""
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(a, b, None)


def warped(picture: np.ndarray, by: np.ndarray) -> np.ndarray:
    h, w = picture.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return cv2.remap(picture, x + by[..., 0], y + by[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def visible(forth: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Pixels that the other frame has too, and that lie on no edge of a motion (Lai et al. 2018)."""
    h, w = forth.shape[:2]
    returned = warped(back, forth)
    size = (forth ** 2).sum(-1) + (returned ** 2).sum(-1)
    seen = ((forth + returned) ** 2).sum(-1) <= 0.01 * size + 0.5
    slope = sum((np.gradient(forth[..., i], axis=axis) ** 2 for i in (0, 1) for axis in (0, 1)))
    smooth = slope <= 0.01 * (forth ** 2).sum(-1) + 0.002
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    inside = ((x + forth[..., 0] >= 0) & (x + forth[..., 0] <= w - 1)
              & (y + forth[..., 1] >= 0) & (y + forth[..., 1] <= h - 1))
    return seen & smooth & inside


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).mean() / max(1e-9, a.std() * b.std()))


def measure(films: dict[str, list[np.ndarray]], lag: int) -> dict[str, dict[str, float]]:
    """`films` holds truth, lanczos and others, all of the same size and length."""
    truth, base = films['truth'], films['lanczos']
    count = min(map(len, films.values()))
    rows: dict[str, dict[str, list[float]]] = {name: {k: [] for k in ('warp', 'sigma', 'motion', 'stick')} for name in films}
    for t in range(count - lag):
        near, far = flow(truth[t], truth[t + 1]), flow(truth[t], truth[t + lag])
        clear = visible(near, flow(truth[t + 1], truth[t]))
        moved = visible(far, flow(truth[t + lag], truth[t])) & (np.hypot(far[..., 0], far[..., 1]) >= 2)
        for name, film in films.items():
            a, b = (film[i].astype(np.float32) for i in (t, t + 1))
            if clear.any():
                rows[name]['warp'].append(float((((warped(b, near) - a)[clear] / 255) ** 2).mean() * 1000))
            r, later = (film[i].astype(np.float32) - base[i] for i in (t, t + lag))
            rows[name]['sigma'].append(float(r.std()))
            if name != 'lanczos' and moved.sum() > 1000:
                rows[name]['motion'].append(correlation(r[moved], warped(later, far)[moved]))
                rows[name]['stick'].append(correlation(r[moved], later[moved]))
    return {name: {k: float(np.mean(v)) if v else float('nan') for k, v in row.items()} for name, row in rows.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('folders', type=Path, nargs='+')
    p.add_argument('--lag', type=int, default=4)
    a = p.parse_args()
    print('| film | | warp | sigma | motion | stick |\n|---|---|---|---|---|---|')
    for folder in a.folders:
        films = {file.stem: frames(file) for file in sorted(folder.glob('*.mkv')) if file.stem != 'small'}
        for name, row in measure(films, a.lag).items():
            cells = ['–' if np.isnan(v) else f'{v:.2f}' for v in row.values()]
            print(f'| {folder.name} | {name} | ' + ' | '.join(cells) + ' |')


if __name__ == '__main__':
    main()
