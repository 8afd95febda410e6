"""The images that a training writes while it runs: sample sheets and the curves of the log."""
import csv
from pathlib import Path

import numpy as np
from PIL import Image


def save_sample_sheet(columns: list, file: Path):
    """columns: tensors [n, 3, h, w] in [-1, 1], one row per image (bicubic, 1 step, 4 steps, ground truth)."""
    rows = [np.concatenate([_to_bytes(column[i]) for column in columns], 1) for i in range(len(columns[0]))]
    Image.fromarray(np.concatenate(rows, 0)).save(file)


def plot_log(log: Path, file: Path):
    import matplotlib  # imported late: slow to load
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    with open(log, newline='') as lines:
        rows = list(csv.DictReader(lines))
    if len(rows) < 2:
        return
    figure, axes = plt.subplots(1, 3, figsize=(15, 4))
    for axis, names in zip(axes, (['loss'], *([f'{what}_{n}' for n in (1, 4, 5)] for what in ('gain', 'detail')))):
        for name in names:
            points = [(int(r['step']), float(r[name])) for r in rows if r.get(name)]
            if points:
                axis.plot(*zip(*points), label=name)
        if axis.lines:
            axis.legend()
        axis.set_xlabel('step'), axis.grid(alpha=0.3)
    axes[1].set_title('dB over bicubic, validation set'), axes[2].set_title('detail, share of the ground truth')
    figure.tight_layout(), figure.savefig(file, dpi=80), plt.close(figure)


def _to_bytes(x):
    return ((x.float().clamp(-1, 1) + 1) * 127.5 + 0.5).byte().permute(1, 2, 0).cpu().numpy()
