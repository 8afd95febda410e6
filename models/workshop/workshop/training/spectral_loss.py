"""The power spectrum of images, without phase. Detail that cannot be predicted can still be trained to have the right power at
every frequency, and the grid of an upsampling layer shows as a few frequencies that stand out."""
import torch
import torch.nn.functional as F

SIDE = 64
PERIOD = 4  # pixels, of the grid that a ×4 pixel-shuffle leaves
FLOOR = (0.5 / 127.5) ** 2  # half a grey level: weaker frequencies are invisible


def log_power_spectrum(x):
    """[n, 3, h, w] → [SIDE, SIDE / 2 + 1], natural logarithm, of the grey image. The windows are averaged after the logarithm,
    so a faint grid on a plain surface counts as much as one on a textured surface."""
    grey = x.float().mean(1)
    parts = grey.unfold(1, SIDE, SIDE // 2).unfold(2, SIDE, SIDE // 2)
    hann = torch.hann_window(SIDE, periodic=True, device=x.device)
    window = hann[:, None] * hann
    power = torch.fft.rfft2((parts - parts.mean((-2, -1), keepdim=True)) * window).abs() ** 2 / (window ** 2).sum()
    return torch.log(power + FLOOR).mean((0, 1, 2))


def spectral_loss(out, x0):
    """Mean absolute difference of the logarithmic power spectra."""
    return (log_power_spectrum(out) - log_power_spectrum(x0)).abs().mean()


def texture_loss(out, x0, where):
    """Mean absolute difference of the local strength of the finest detail, inside `where` (bool [n, 1, h, w])."""
    def strength(x):
        grey = x.float().mean(1, keepdim=True)
        fine = grey - F.avg_pool2d(grey, 3, 1, 1, count_include_pad=False)
        return torch.sqrt(F.avg_pool2d(fine ** 2, 7, 1, 3, count_include_pad=False) + FLOOR)
    return ((strength(out) - strength(x0)).abs() * where).sum() / where.sum().clamp(min=1)


def grid_strength(x) -> float:
    """dB by which the frequencies of the 4-pixel grid exceed their surroundings; about 0 for a photograph."""
    spectrum, step = log_power_spectrum(x), SIDE // PERIOD
    full = torch.cat([spectrum, spectrum[:, 1:-1].flip(0, 1).roll(1, 0)], 1)  # the half that rfft2 leaves out
    excess = []
    for u in range(0, SIDE, step):
        for v in range(0, SIDE, step):
            if u or v:  # the window spreads a line over two bins
                around = torch.stack([full[(u + du) % SIDE, (v + dv) % SIDE] for du in range(-5, 6) for dv in range(-5, 6)
                                      if max(abs(du), abs(dv)) > 2])
                excess.append(full[u, v] - around.mean())
    return torch.stack(excess).mean().item() * 4.342944819  # 10 / ln 10
