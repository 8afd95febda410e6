"""dossr_default.ckpt with random weights, for testing the exporter.

python tests/exporters/random_dossr.py REPO OUT    at full size: OUT
"""
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from random_weights import example_image, randomise, scale_output

from workshop.exporters import dossr
from workshop.exporters.common import importing


def narrow(repo: Path, folder: Path) -> Path:
    """Writes the official configuration, reduced to few channels and blocks."""
    import open_clip
    from omegaconf import OmegaConf
    config = OmegaConf.load(repo / 'configs' / 'model' / 'cldm_v21.yaml')
    params = config.params
    for part in (params.unet_config, params.control_stage_config):
        part.params.update({'model_channels': 32, 'channel_mult': [1, 2, 2, 2], 'num_head_channels': 16, 'context_dim': 64})
    params.first_stage_config.params.ddconfig.update({'ch': 32, 'ch_mult': [1, 1, 2, 2]})
    params.preprocess_config.params.update({'num_feat': 16, 'num_block': 2, 'num_grow_ch': 8})
    # open_clip looks up architectures by file name.
    shape = {'embed_dim': 64, 'vision_cfg': {'image_size': 32, 'layers': 2, 'width': 64, 'head_width': 16, 'patch_size': 16},
             'text_cfg': {'context_length': 77, 'vocab_size': 49408, 'width': 64, 'heads': 4, 'layers': 3}}
    (folder / 'narrow-text.json').write_text(json.dumps(shape))
    open_clip.add_model_config(folder / 'narrow-text.json')
    params.cond_stage_config.params.arch = 'narrow-text'
    OmegaConf.save(config, folder / 'config.yaml')
    return folder / 'config.yaml'


@torch.no_grad()
def make_checkpoint(config: dict, file: Path, seed: int = 1):
    """Call it inside `importing`."""
    model = dossr.build({'target': 'model.cldm.ControlLDM', 'params': config}).eval()
    for i, part in enumerate((model.first_stage_model, model.cond_encoder, model.control_model, model.model, model.preprocess_model, model.cond_stage_model)):
        randomise(part, seed + i)
    image = example_image(128)
    for part in (model.first_stage_model, model.cond_encoder):
        scale_output(part.quant_conv, lambda: part.quant_conv(part.encoder(image)), 5.0)
        part.quant_conv.weight[4:] *= 0.05
        part.quant_conv.bias[4:] = -3.0
    latent = model.first_stage_model.encode(image).mode()
    scale_output(model.first_stage_model.decoder.conv_out, lambda: model.first_stage_model.decode(latent), 0.3)
    scale_output(model.preprocess_model.conv_last, lambda: model.preprocess_model(example_image(32)), 0.2)
    model.preprocess_model.conv_last.bias += 0.5
    denoise = dossr.Denoise(model.control_model, model.model.diffusion_model)
    context = torch.randn(1, 77, config['unet_config']['params']['context_dim'])
    scale_output(model.model.diffusion_model.out[-1], lambda: denoise(latent * 0.18, torch.tensor([300]), latent * 0.18, context), 0.8)
    torch.save({'state_dict': model.state_dict(), 'global_step': 1}, file)


if __name__ == '__main__':
    repo, out = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    with importing(repo, dossr.stub_modules()):
        make_checkpoint(dossr.read_config(SimpleNamespace(config=None), repo), out)
