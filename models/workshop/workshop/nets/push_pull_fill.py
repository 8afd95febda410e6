"""Fills masked areas smoothly, so that the network only has to add the missing detail (push–pull, Gortler et al. 1996, with
smoothing at every level)."""
import torch
import torch.nn.functional as F

LEVELS = 7  # areas up to 128 pixels wide take the colour of their own surroundings
SMOOTHING_ROUNDS = 4  # per level, towards the harmonic fill: worth 0.4 to 0.8 dB; twice as many add 0.06 dB


class PushPullFill(torch.nn.Module):
    def forward(self, lq, mask):
        """lq: [n, 3, h, w], values inside the mask are ignored; mask: [n, 1, h, w], +1 where to fill, -1 elsewhere. Any h, w."""
        known = ((1 - mask) / 2).to(lq.dtype)
        colour = lq * known
        levels = [(colour, known)]
        for _ in range(LEVELS):  # colours are weighted by `known`, so zero padding does not darken the borders
            colour, known = (F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 2) for x in levels[-1])
            levels.append((colour, known))
        # Where even the coarsest level has no known pixel: the mean of the whole image.
        filled = colour.sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1e-6)
        filled = torch.where(known > 1e-6, colour / known.clamp(min=1e-6), filled)
        for colour, known in reversed(levels[:-1]):
            filled = F.interpolate(filled, scale_factor=2.0, mode='bilinear', align_corners=False)
            filled = filled[:, :, :colour.shape[2], :colour.shape[3]]
            own = colour / known.clamp(min=1e-6)
            filled = torch.where(known > 1e-6, own, filled)
            for _ in range(SMOOTHING_ROUNDS):
                around = F.avg_pool2d(F.pad(filled, (1, 1, 1, 1), mode='replicate'), 3, 1)
                filled = torch.where(known > 1e-6, own, around)
        return filled
