"""Checkpoints with random weights in the official formats, for testing the exporters without the official weights.

python tests/exporters/random_weights.py REPO TASK OUT    ResShift at full size: OUT/denoiser.pth and OUT/autoencoder.pth
"""
import sys
from pathlib import Path

import torch

from workshop.exporters import resshift
from workshop.exporters.common import importing


def randomise(module: torch.nn.Module, seed: int, gain: float = 1.0):
    """
    In place. The official initialisation sets many last convolutions to zero, so half of the network would not be tested.
    Here every weight is N(0, gain²/fan-in), which keeps the deviation of the activations; normalisation scales are about 1.
    """
    generator = torch.Generator().manual_seed(seed)
    kinds = {id(p): type(one) for one in module.modules() for p in one.parameters(recurse=False)}
    with torch.no_grad():
        for name, p in module.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if issubclass(kinds[id(p)], torch.nn.Embedding):
                p.copy_(noise)
            elif p.ndim > 1:
                p.copy_(noise * gain / p[0].numel() ** 0.5)
            elif issubclass(kinds[id(p)], (torch.nn.GroupNorm, torch.nn.LayerNorm)) and name.endswith('weight'):
                p.copy_(1 + 0.1 * noise)
            else:
                p.copy_(0.05 * noise)


@torch.no_grad()
def scale_output(layer: torch.nn.Module, run, deviation: float):
    """Scales `layer`, the last one, so that `run()` has this standard deviation, and mean 0 in every channel."""
    output = run()
    layer.weight.mul_(deviation / output.std())
    layer.bias.sub_(output.mean((0, 2, 3))).mul_(deviation / output.std())


def example_image(side: int, seed: int = 1) -> torch.Tensor:
    """[1, 3, side, side], -1 … 1: soft shapes."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 3, 8, 8, generator=generator)
    soft = torch.nn.functional.interpolate(coarse, size=(side, side), mode='bicubic') * 0.5
    return (soft + 0.05 * torch.randn(1, 3, side, side, generator=generator)).clamp(-1, 1)


def resshift_weights(config: dict, out: Path, seed: int = 1):
    """Writes denoiser.pth (with the prefix of DataParallel) and autoencoder.pth to `out`; latents have standard deviation 1, like real ones."""
    out.mkdir(parents=True, exist_ok=True)
    autoencoder, denoiser = resshift._build(config['autoencoder']).eval(), resshift._build(config['model']).eval()
    randomise(autoencoder, seed)
    randomise(denoiser, seed + 1)
    params = config['model']['params']
    factor = 2 ** (len(config['autoencoder']['params']['ddconfig']['ch_mult']) - 1)
    image = example_image(64 * factor)
    scale_output(autoencoder.quant_conv, lambda: autoencoder.encode(image), 1.0)
    latent = autoencoder.encode(image)
    scale_output(autoencoder.decoder.conv_out, lambda: autoencoder.decode(latent), 0.5)
    lq = example_image(params['lq_size'])
    mask = {'mask': torch.where(lq[:, :1] > 0.5, 1.0, -1.0)} if params.get('cond_mask') else {}
    scale_output(denoiser.out[-1], lambda: denoiser(latent, torch.tensor([1]), lq=lq, **mask), 1.0)
    torch.save({'state_dict': {f'module.{name}': t for name, t in denoiser.state_dict().items()}}, out / 'denoiser.pth')
    torch.save(autoencoder.state_dict(), out / 'autoencoder.pth')


if __name__ == '__main__':
    repo, task, out = Path(sys.argv[1]), resshift.TASKS[sys.argv[2]], Path(sys.argv[3])
    with importing(repo, resshift.stub_modules()), torch.no_grad():
        resshift_weights(resshift._read_config(repo / 'configs' / f'{task.config}.yaml'), out)
