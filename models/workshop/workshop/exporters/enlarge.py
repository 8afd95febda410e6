"""Pillow's bicubic enlargement as a network: what the official OSEDiff is shown is made with it, not with torch's."""
import torch
from torch.nn.functional import conv2d

# Taps on either side of a source pixel.
REACH = 2


class Enlarge(torch.nn.Module):
    """
    lq [n, 3, h, w], 0 … 1 → [n, 3, h · scale, w · scale], as `Image.resize` with BICUBIC makes it from 8 bits: Keys' kernel
    with a = -0.5, taps beyond the border left out, rows first and then columns, each rounded to 8 bits.
    """

    def __init__(self, scale: int):
        super().__init__()
        self.scale = scale
        place = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5
        taps = cubic((torch.arange(-REACH, REACH + 1) - place[:, None]).abs())
        self.register_buffer('taps', taps.float())

    def forward(self, lq):
        n, _, h, w = lq.shape
        # Whole numbers, because the weights of ×2 and ×4 are whole 256ths: halves are then rounded as Pillow does.
        wide = self.along((lq * 255).round(), (1, 1, 1, -1), (0, REACH)).permute(0, 1, 3, 4, 2).reshape(n, 3, h, w * self.scale)
        return self.along(wide, (1, 1, -1, 1), (REACH, 0)).permute(0, 1, 3, 2, 4).reshape(n, 3, h * self.scale, w * self.scale) / 255

    def along(self, x, axis, padding):
        """[n, 3, scale, h, w]: the pixels that take the place of each one, in one direction, 0 … 255."""
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
