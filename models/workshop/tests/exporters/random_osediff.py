"""Stable Diffusion 2.1-base and osediff.pkl with random weights, for testing the exporter.

python tests/exporters/random_osediff.py REPO OUT    at full size: OUT/base and OUT/osediff.pkl
"""
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from random_weights import example_image, randomise, scale_output

from workshop.exporters.common import importing

# As published, https://huggingface.co/stabilityai/stable-diffusion-2-1-base
SCHEDULER = {
    '_class_name': 'PNDMScheduler', '_diffusers_version': '0.10.0.dev0', 'beta_end': 0.012, 'beta_schedule': 'scaled_linear', 'beta_start': 0.00085,
    'clip_sample': False, 'num_train_timesteps': 1000, 'prediction_type': 'epsilon', 'set_alpha_to_one': False, 'skip_prk_steps': True,
    'steps_offset': 1, 'trained_betas': None,
}
UNET = {
    'in_channels': 4, 'out_channels': 4, 'block_out_channels': [320, 640, 1280, 1280], 'layers_per_block': 2, 'attention_head_dim': [5, 10, 20, 20],
    'cross_attention_dim': 1024, 'use_linear_projection': True, 'sample_size': 64,
}
VAE = {
    'block_out_channels': [128, 256, 512, 512], 'layers_per_block': 2, 'latent_channels': 4, 'sample_size': 768,
    'down_block_types': ['DownEncoderBlock2D'] * 4, 'up_block_types': ['UpDecoderBlock2D'] * 4,
}
TEXT = {'hidden_size': 1024, 'intermediate_size': 4096, 'num_attention_heads': 16, 'num_hidden_layers': 23, 'vocab_size': 49408, 'hidden_act': 'gelu'}
NARROW = {
    'unet': {**UNET, 'block_out_channels': [32, 64, 64, 64], 'attention_head_dim': [2, 4, 4, 4], 'cross_attention_dim': 64},
    'vae': {**VAE, 'block_out_channels': [32, 32, 64, 64]},
    'text': {**TEXT, 'hidden_size': 64, 'intermediate_size': 128, 'num_attention_heads': 4, 'num_hidden_layers': 2, 'vocab_size': 1024},
}
FULL = {'unet': UNET, 'vae': VAE, 'text': TEXT}


@torch.no_grad()
def make_base(folder: Path, sizes: dict, seed: int = 1):
    """Writes a folder in the layout of diffusers, with latents scaled like real ones. Call it inside `importing`."""
    from models.autoencoder_kl import AutoencoderKL
    from models.unet_2d_condition import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel
    image = example_image(128)
    vae = AutoencoderKL(**sizes['vae'])
    randomise(vae, seed)
    shape_posterior(vae)
    scale_output(vae.decoder.conv_out, lambda: vae.decode(vae.encode(image).latent_dist.mode()).sample, 0.3)
    vae.save_pretrained(folder / 'vae')
    unet = UNet2DConditionModel(**sizes['unet'])
    randomise(unet, seed + 1)
    unet.save_pretrained(folder / 'unet')
    del unet
    text = CLIPTextModel(CLIPTextConfig(**sizes['text'], max_position_embeddings=77, bos_token_id=0, eos_token_id=2))
    text.save_pretrained(folder / 'text_encoder')
    (folder / 'scheduler').mkdir()
    (folder / 'scheduler' / 'scheduler_config.json').write_text(json.dumps(SCHEDULER))
    make_tokenizer(folder / 'tokenizer')


def shape_posterior(vae):
    """Means with a standard deviation of about 1/0.18215 and a narrow posterior, like in trained autoencoders."""
    image = example_image(128)
    scale_output(vae.quant_conv, lambda: vae.quant_conv(vae.encoder(image)), 5.0)
    vae.quant_conv.weight[4:] *= 0.05
    vae.quant_conv.bias[4:] = -3.0


def make_tokenizer(folder: Path):
    """The tokenizer of CLIP without merges: every letter is a token."""
    from transformers.models.clip.tokenization_clip import bytes_to_unicode
    folder.mkdir()
    letters = list(bytes_to_unicode().values())
    words = ['<|startoftext|>', '!', '<|endoftext|>', *(letter for letter in letters if letter != '!'), *(f'{letter}</w>' for letter in letters)]
    (folder / 'vocab.json').write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / 'merges.txt').write_text('#version: 0.2\n')
    (folder / 'tokenizer_config.json').write_text(json.dumps({
        'tokenizer_class': 'CLIPTokenizer', 'model_max_length': 77, 'bos_token': '<|startoftext|>', 'eos_token': '<|endoftext|>',
        'unk_token': '<|endoftext|>', 'pad_token': '!'}))


@torch.no_grad()
def make_pkl(base: Path, file: Path, seed: int = 5):
    """The file that the official training writes (osediff.py, save_model), with the layers that the official functions select."""
    import osediff
    args = SimpleNamespace(pretrained_model_name_or_path=str(base), lora_rank=4)
    vae, vae_layers = osediff.initialize_vae(args)
    unet, *unet_layers = osediff.initialize_unet(args)
    generator = torch.Generator().manual_seed(seed)
    for net in (vae, unet):
        for name, p in net.named_parameters():
            if 'lora_' in name:
                # Large enough to detect a wrong scale, small enough not to dominate the weights.
                p.copy_(torch.randn(p.shape, generator=generator) * 0.3 / p[0].numel() ** 0.5)
            elif net is unet and 'conv_in' in name:
                p.mul_(1.1)
    training = SimpleNamespace(vae=vae, unet=unet, lora_vae_modules_encoder=vae_layers, lora_unet_modules_encoder=unet_layers[0],
                               lora_unet_modules_decoder=unet_layers[1], lora_unet_others=unet_layers[2], lora_rank_unet=4, lora_rank_vae=4)
    osediff.OSEDiff_gen.save_model(training, file)


if __name__ == '__main__':
    repo, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True)
    with importing(repo.absolute()):
        make_base(out / 'base', FULL)
        make_pkl(out / 'base', out / 'osediff.pkl')
