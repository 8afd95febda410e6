"""How strong each frequency of a picture is, whatever its phase: detail that cannot be predicted can still be asked for
in the right amount, and a grid of the network's own, which is a few frequencies that stand out, can be seen and forbidden."""
import torch
import torch.nn.functional as F

SIDE = 64
PERIOD = 4  # pixels; of the grid that a ×4 pixel-shuffle leaves
FLOOR = (0.5 / 127.5) ** 2  # half a grey level: what is fainter nobody sees


def log_power(x):
    """[n, 3, h, w] → [SIDE, SIDE / 2 + 1], natural logarithm, of the grey picture; the mean over windows of the logarithm,
    so that a faint grid on a wall counts as much as one on gravel."""
    grey = x.float().mean(1)
    parts = grey.unfold(1, SIDE, SIDE // 2).unfold(2, SIDE, SIDE // 2)
    hann = torch.hann_window(SIDE, periodic=True, device=x.device)
    window = hann[:, None] * hann
    power = torch.fft.rfft2((parts - parts.mean((-2, -1), keepdim=True)) * window).abs() ** 2 / (window ** 2).sum()
    return torch.log(power + FLOOR).mean((0, 1, 2))


def spectrum_loss(out, x0):
    """Mean difference of the logarithms."""
    return (log_power(out) - log_power(x0)).abs().mean()


def texture_loss(out, x0, where):
    """How much stronger or weaker the finest detail is around each pixel of `where` (bool [n, 1, h, w]), whatever it shows."""
    def strength(x):
        grey = x.float().mean(1, keepdim=True)
        fine = grey - F.avg_pool2d(grey, 3, 1, 1, count_include_pad=False)
        return torch.sqrt(F.avg_pool2d(fine ** 2, 7, 1, 3, count_include_pad=False) + FLOOR)
    return ((strength(out) - strength(x0)).abs() * where).sum() / where.sum().clamp(min=1)


def grid(x) -> float:
    """dB by which the frequencies of the 4-pixel grid stand out of those around them; about 0 for a photograph."""
    spectrum, step = log_power(x), SIDE // PERIOD
    full = torch.cat([spectrum, spectrum[:, 1:-1].flip(0, 1).roll(1, 0)], 1)  # the half that a real picture repeats
    stands_out = []
    for u in range(0, SIDE, step):
        for v in range(0, SIDE, step):
            if u or v:  # the window smears a line over two bins
                around = torch.stack([full[(u + du) % SIDE, (v + dv) % SIDE] for du in range(-5, 6) for dv in range(-5, 6)
                                      if max(abs(du), abs(dv)) > 2])
                stands_out.append(full[u, v] - around.mean())
    return torch.stack(stands_out).mean().item() * 4.342944819  # 10 / ln 10
