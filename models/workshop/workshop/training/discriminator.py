"""Tells real pictures from made ones, patch by patch, at two scales. Hinge loss, spectral normalisation."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm


class Critic(nn.Module):
    def __init__(self, width: int = 48):
        super().__init__()

        def conv(inputs, outputs, kernel, stride):
            return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, 1))

        self.body = nn.ModuleList([conv(24, width, 3, 1), conv(width, 2 * width, 4, 2),
                                   conv(2 * width, 2 * width, 3, 1), conv(2 * width, 3 * width, 4, 2),
                                   conv(3 * width, 3 * width, 3, 1)])
        self.heads = nn.ModuleDict({'2': conv(2 * width, 1, 3, 1), '4': conv(3 * width, 1, 3, 1)})

    def forward(self, x, y):
        """x: the picture, y: its bicubic enlargement. What was added to y is shown twice as strong."""
        h, verdicts = F.pixel_unshuffle(torch.cat([x, (x - y) * 2], 1), 2), []
        for i, layer in enumerate(self.body):
            h = F.leaky_relu(layer(h), 0.2)
            if str(i) in self.heads:
                verdicts.append(self.heads[str(i)](h).float())
        return verdicts


def critic_loss(real, made):
    return sum(F.relu(1 - r).mean() + F.relu(1 + m).mean() for r, m in zip(real, made)) / len(real)


def maker_loss(made):
    return -sum(m.mean() for m in made) / len(made)
