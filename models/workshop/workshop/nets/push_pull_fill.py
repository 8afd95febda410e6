"""Fills holes roughly and smoothly, so that a network need only add what is missing (push–pull, Gortler et al. 1996,
smoothed level by level)."""
import torch
import torch.nn.functional as F

LEVELS = 7  # a hole of up to 128 pixels takes the colour of its own surroundings
ROUNDS = 4  # of smoothing at each level, towards the harmonic fill: worth 0.4 to 0.8 dB, twice as many 0.06 more


class Fill(torch.nn.Module):
    def forward(self, lq, mask):
        """lq: [n, 3, h, w], anything in the holes; mask: [n, 1, h, w], +1 in them and -1 elsewhere. h, w: any."""
        known = ((1 - mask) / 2).to(lq.dtype)
        colour = lq * known
        levels = [(colour, known)]
        for _ in range(LEVELS):  # the colours are weighed with what is known of them, so what is added as 0 counts nothing
            colour, known = (F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 2) for x in levels[-1])
            levels.append((colour, known))
        # Where even the coarsest level knows nothing, the mean of the whole picture.
        filled = colour.sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1e-6)
        filled = torch.where(known > 1e-6, colour / known.clamp(min=1e-6), filled)
        for colour, known in reversed(levels[:-1]):
            filled = F.interpolate(filled, scale_factor=2.0, mode='bilinear', align_corners=False)
            filled = filled[:, :, :colour.shape[2], :colour.shape[3]]
            own = colour / known.clamp(min=1e-6)
            filled = torch.where(known > 1e-6, own, filled)
            for _ in range(ROUNDS):
                around = F.avg_pool2d(F.pad(filled, (1, 1, 1, 1), mode='replicate'), 3, 1)
                filled = torch.where(known > 1e-6, own, around)
        return filled
