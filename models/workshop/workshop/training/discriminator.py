"""The discriminator of the adversarial loss: patches at two scales, hinge loss, spectral normalisation."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm


class Discriminator(nn.Module):
    def __init__(self, width: int = 48):
        super().__init__()

        def conv(inputs, outputs, kernel, stride):
            return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, 1))

        self.body = nn.ModuleList([conv(24, width, 3, 1), conv(width, 2 * width, 4, 2),
                                   conv(2 * width, 2 * width, 3, 1), conv(2 * width, 3 * width, 4, 2),
                                   conv(3 * width, 3 * width, 3, 1)])
        self.heads = nn.ModuleDict({'2': conv(2 * width, 1, 3, 1), '4': conv(3 * width, 1, 3, 1)})

    def forward(self, x, y):
        """Scores of x, given y, the upscaled source. The second input is twice the residual x - y."""
        h, scores = F.pixel_unshuffle(torch.cat([x, (x - y) * 2], 1), 2), []
        for i, layer in enumerate(self.body):
            h = F.leaky_relu(layer(h), 0.2)
            if str(i) in self.heads:
                scores.append(self.heads[str(i)](h).float())
        return scores


def discriminator_loss(real, generated):
    return sum(F.relu(1 - r).mean() + F.relu(1 + g).mean() for r, g in zip(real, generated)) / len(real)


def generator_loss(generated):
    return -sum(g.mean() for g in generated) / len(generated)
