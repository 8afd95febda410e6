"""Bicubic upscaling as Pillow computes it, as a network: OSEDiff was trained on images upscaled by Pillow, and torch differs."""
import torch
from torch.nn.functional import conv2d

# Taps on each side of a source pixel.
REACH = 2


class PillowBicubic(torch.nn.Module):
    """
    lq [n, 3, h, w], 0 … 1 → [n, 3, h · scale, w · scale], as `Image.resize` with BICUBIC computes it from 8 bits: Keys' kernel
    with a = -0.5, taps outside the image left out, rows first and then columns, each rounded to 8 bits.
    """

    def __init__(self, scale: int):
        super().__init__()
        self.scale = scale
        offset = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5
        taps = cubic((torch.arange(-REACH, REACH + 1) - offset[:, None]).abs())
        self.register_buffer('taps', taps.float())

    def forward(self, lq):
        n, _, h, w = lq.shape
        # In units of 1/255: the weights of ×2 and ×4 are multiples of 1/256, so halves are rounded as Pillow rounds them.
        wide = self.resize((lq * 255).round(), (1, 1, 1, -1), (0, REACH)).permute(0, 1, 3, 4, 2).reshape(n, 3, h, w * self.scale)
        return self.resize(wide, (1, 1, -1, 1), (REACH, 0)).permute(0, 1, 3, 2, 4).reshape(n, 3, h * self.scale, w * self.scale) / 255

    def resize(self, x, axis, padding):
        """[n, 3, scale, h, w]: for each source pixel the `scale` output pixels along one axis, 0 … 255."""
        n, _, h, w = x.shape
        kernel = self.taps.reshape(self.scale, *axis[1:])
        inside = conv2d(torch.ones_like(x[:1, :1]), kernel, padding=padding)
        sums = conv2d(x, kernel.repeat(3, 1, 1, 1), padding=padding, groups=3).reshape(n, 3, self.scale, h, w)
        return (sums / inside[:, None] + 0.5).floor().clamp(0, 255)


def cubic(distance: torch.Tensor) -> torch.Tensor:
    """Keys' cubic convolution kernel (1981), with a = -0.5."""
    a = -0.5
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return torch.where(distance <= 1, near, torch.where(distance < 2, far, torch.zeros_like(distance)))
