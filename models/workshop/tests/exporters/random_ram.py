"""RAM and DAPE with random weights, and the real tokenizer of CLIP: the tags that are found are random, but they are real words.

python tests/exporters/random_ram.py REPO OUT    at full size: OUT/ram.pth, OUT/dape.pth, and OUT/base/tokenizer
"""
import gzip
import json
import shutil
import sys
from pathlib import Path

import torch
from random_weights import example_image, randomise

from workshop.exporters import ram
from workshop.exporters.common import importing

# The number of tags that the random tagger finds in the example image.
TAG_COUNT = 12


def narrow_clone(repo: Path, folder: Path) -> Path:
    """A copy of the clone with a small configuration of the tagger."""
    shutil.copytree(repo, folder, ignore=shutil.ignore_patterns('.git', 'asserts', 'preset'))
    changes = {'swin/config_swinL_384.json': {'embed_dim': 24, 'depths': [2, 2, 2, 2], 'num_heads': [1, 2, 4, 8], 'vision_width': 192}}
    for name in ('q2l_config.json', 'med_config.json'):
        changes[name] = {'hidden_size': 64, 'intermediate_size': 128, 'num_attention_heads': 4, 'num_hidden_layers': 2}
    for name, changed in changes.items():
        file = folder / 'ram' / 'configs' / name
        file.write_text(json.dumps({**json.loads(file.read_text()), **changed}))
    return folder


@torch.no_grad()
def make_checkpoints(ram_file: Path, dape_file: Path, scale: int = 4, seed: int = 11):
    """In the official formats. Call it inside `importing`."""
    with ram.quiet(), ram.bert_tokenizer_without_file():
        from ram.models.ram_lora import RAMLora
        model = RAMLora(image_size=ram.SIDE, vit='swin_l')
    randomise(model, seed)
    generator = torch.Generator().manual_seed(seed)
    model.label_embed.copy_(torch.randn(model.label_embed.shape, generator=generator))
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.eval()
    logits = _logits(model, example_image(64) * 0.5 + 0.5, scale)
    # TAG_COUNT logits are above their thresholds, and none is near its threshold.
    thresholds = model.class_threshold.logit()
    factor = 2 / logits.std()
    above = (logits * factor - thresholds).sort(descending=True).values
    shift = -(above[TAG_COUNT - 1] + above[TAG_COUNT]) / 2
    state['fc.weight'] *= factor
    state['fc.bias'] = state['fc.bias'] * factor + shift
    torch.save({'model': {name: tensor for name, tensor in state.items() if 'lora_' not in name}}, ram_file)
    torch.save({name: tensor for name, tensor in state.items() if 'lora_' in name}, dape_file)


def _logits(model, image, scale):
    result = {}
    model.fc.register_forward_hook(lambda _module, _inputs, output: result.update(logits=output[0, :, 0]))
    ram.FindTags(model, scale)(image)
    return result['logits']


def make_tokenizer(folder: Path):
    """The tokenizer of Stable Diffusion 2.1; its vocabulary is in open_clip."""
    import open_clip
    from transformers.models.clip.tokenization_clip import bytes_to_unicode
    file = Path(open_clip.__file__).parent / 'bpe_simple_vocab_16e6.txt.gz'
    merges = gzip.open(file).read().decode().split('\n')[1:49152 - 256 - 2 + 1]
    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f'{letter}</w>' for letter in letters), *(''.join(merge.split()) for merge in merges), '<|startoftext|>', '<|endoftext|>']
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'vocab.json').write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / 'merges.txt').write_text('\n'.join(['#version: 0.2', *merges]) + '\n')
    (folder / 'tokenizer_config.json').write_text(json.dumps({
        'tokenizer_class': 'CLIPTokenizer', 'model_max_length': 77, 'bos_token': '<|startoftext|>', 'eos_token': '<|endoftext|>',
        'unk_token': '<|endoftext|>', 'pad_token': '!', 'do_lower_case': True}))


if __name__ == '__main__':
    repo, out = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    make_tokenizer(out / 'base' / 'tokenizer')
    with importing(repo, ram.stub_modules()):
        make_checkpoints(out / 'ram.pth', out / 'dape.pth')
