"""The detail that an output has lost, and the detail that it has and the truth has not, in wavelet coefficients at four scales.

After the detail loss measure of S. Li, F. Zhang, L. Ma and K. N. Ngan, "Image quality assessment by separately evaluating detail losses and
additive impairments", IEEE Transactions on Multimedia 13 (5), 2011, which is a part of VMAF; without its masking, contrast sensitivity and its
exception for enhanced contrast. Additive impairments are compared by their local energy, so that texture may lie where it likes among texture,
while noise on what is smooth is charged.
"""
import torch
import torch.nn.functional as F

SCALES = 4
# Daubechies' wavelet of two vanishing moments, as in the paper.
LOW = (0.482962913145, 0.836516303738, 0.224143868042, -0.129409522551)
HIGH = (-0.129409522551, -0.224143868042, 0.836516303738, -0.482962913145)
FLOOR = 0.5 / 127.5  # half a grey level: a weaker coefficient is invisible


def _luma(x):
    """[n, 3, h, w] in [-1, 1] → [n, 1, h, w], BT.601 weights."""
    weights = x.new_tensor((0.299, 0.587, 0.114))[None, :, None, None]
    return (x.float() * weights).sum(1, keepdim=True)


def _decomposed(x):
    """Approximation [n, 1, h / 2, w / 2], and the details [n, 3, h / 2, w / 2]: vertical, horizontal and diagonal edges."""
    low, high = x.new_tensor(LOW), x.new_tensor(HIGH)
    kernels = torch.stack([torch.outer(a, b) for a, b in ((low, low), (low, high), (high, low), (high, high))])[:, None]
    bands = F.conv2d(F.pad(x, (1, 1, 1, 1), mode='reflect'), kernels, stride=2)
    return bands[:, :1], bands[:, 1:]


def kept_details(out, truth) -> list:
    """The share of the truth's detail that the output has, at every scale, finest first, as scalars of 0 … 1.
    out, truth: [n, 3, h, w] in [-1, 1], sides of 64 or more."""
    a, b, found = _luma(truth), _luma(out), []
    for _ in range(SCALES):
        (a, details), (b, others) = _decomposed(a), _decomposed(b)
        size = details.abs()
        # The part of the output's coefficient that has the truth's sign and no more than its size.
        kept = torch.minimum(F.relu(others * details.sign()), size)
        found.append((((kept ** 3).sum() + FLOOR ** 3) / ((size ** 3).sum() + FLOOR ** 3)) ** (1 / 3))
    return found


def detail_loss(out, truth):
    """1 minus the mean share of the four scales."""
    return 1 - torch.stack(kept_details(out, truth)).mean()


def _local_energy(details):
    """The root mean square of the coefficients within 5 × 5."""
    return torch.sqrt(F.avg_pool2d(details ** 2, 5, 1, 2, count_include_pad=False) + FLOOR ** 2)


def added_loss(out, truth):
    """How much local energy the output has beyond that of the truth, the mean of the four scales, in units of the samples.
    out, truth: [n, 3, h, w] in [-1, 1], sides of 64 or more."""
    a, b, found = _luma(truth), _luma(out), []
    for _ in range(SCALES):
        (a, details), (b, others) = _decomposed(a), _decomposed(b)
        found.append(F.relu(_local_energy(others) - _local_energy(details)).mean())
    return torch.stack(found).mean()
