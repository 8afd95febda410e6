"""The prompt graph of OSEDiff: the official tagger (RAM with DAPE) and the text encoder in one graph, from a frame to a prompt."""
import importlib.machinery
import types
import unittest.mock
from pathlib import Path

import torch
from torch.nn.functional import interpolate

from . import stable_diffusion as sd
from .common import ExportError, load_checkpoint, load_tensors, quiet
from .pillow_bicubic import PillowBicubic

WHAT_RAM = 'the checkpoint of RAM with --ram (ram_swin_large_14m.pth)'
WHAT_DAPE = 'the checkpoint of DAPE with --dape (DAPE.pth)'
# Of the tagger in the graph: without the parts of RAM that write captions and train.
BYTES = 862_000_000
# The input of the tagger (test_osediff.py).
SIDE = 384
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class PromptNetwork(torch.nn.Module):
    """lq [1, 3, h, w], 0 … 1 → prompt [1, 77, width]: the embedding of the tags of the upscaled image."""

    def __init__(self, tagger: torch.nn.Module, prompt_tokens: 'PromptTokens', encoder: torch.nn.Module, scale: int):
        super().__init__()
        self.find_tags, self.prompt_tokens, self.encoder = FindTags(tagger, scale), prompt_tokens, encoder

    def forward(self, lq):
        return self.encoder(self.prompt_tokens(self.find_tags(lq)))[0]


class FindTags(torch.nn.Module):
    """lq [1, 3, h, w], 0 … 1 → [1, tags], 1 for the tags that were found (test_osediff.py:28-32)."""

    def __init__(self, tagger: torch.nn.Module, scale: int):
        super().__init__()
        self.tagger, self.upscale = tagger, PillowBicubic(scale) if scale != 1 else torch.nn.Identity()
        self.register_buffer('mean', torch.tensor(MEAN)[:, None, None])
        self.register_buffer('deviation', torch.tensor(DEVIATION)[:, None, None])

    def forward(self, lq):
        # Without antialiasing, like torchvision for tensors in the version for the official torch 2.0.1.
        view = interpolate(self.upscale(lq), size=(SIDE, SIDE), mode='bilinear', align_corners=False)
        return self.tagger.condition_forward((view - self.mean) / self.deviation, only_feature=False)[2]


class PromptTokens(torch.nn.Module):
    """
    [1, tags], 1 for the tags that were found → tokens [1, 77] of "{tags}, {prompt},". The tokenizer splits at spaces first, so
    the tokens are those of "cat,", of "dog," and of the prompt, concatenated.
    """

    def __init__(self, tokenizer, tags: list[str], prompt: str):
        super().__init__()
        ids = [tokenizer(f'{words},', add_special_tokens=False).input_ids for words in ('', *tags, prompt)]
        table = torch.full((len(ids), max(map(len, ids))), -1)
        for row, tokens in zip(table, ids):
            row[:len(tokens)] = torch.tensor(tokens)
        self.register_buffer('table', table)
        self.length = tokenizer.model_max_length
        self.begin, self.end, self.padding = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id

    def forward(self, found):
        # The first row is for no tags, the last one for the prompt after them.
        no_tags = (found.sum(1) == 0).to(found.dtype)
        selected = torch.cat([no_tags, found[0], torch.ones_like(no_tags)])[:, None]
        used = ((self.table >= 0) & (selected > 0)).flatten().long()
        count = used.sum().clamp(max=self.length - 2)
        # After the start token; unused and surplus tokens go to an extra position, which is cut off.
        place = torch.cumsum(used, 0)
        place = torch.where((used > 0) & (place < self.length), place, self.length)
        words = torch.zeros(self.length + 1, dtype=torch.long).scatter(0, place, self.table.flatten())[:self.length]
        at = torch.arange(self.length)
        words = torch.where(at <= count, words, self.padding)
        return torch.where(at == 0, self.begin, torch.where(at == count + 1, self.end, words))[None]


def load_prompt_network(args, repo: Path, scale: int) -> PromptNetwork:
    """Call it inside `importing`."""
    tokenizer, encoder = sd.text_encoder(args.base)
    return PromptNetwork(load_tagger(args), PromptTokens(tokenizer, tag_list(repo), args.prompt), encoder, scale)


def tag_list(repo: Path) -> list[str]:
    return (repo / 'ram' / 'data' / 'ram_tag_list.txt').read_text(encoding='utf-8').splitlines()


def load_tagger(args) -> torch.nn.Module:
    """RAMLora with the weights of RAM, and DAPE merged."""
    with quiet(), bert_tokenizer_without_file():
        from ram.models.ram_lora import RAMLora
        model = RAMLora(image_size=SIDE, vit='swin_l')
    del model.text_decoder
    whole = load_checkpoint(args.ram, WHAT_RAM, trusted=args.trust_checkpoint)
    if not isinstance(whole.get('model'), dict):
        raise ExportError(f'{args.ram} is another checkpoint: it has no model', f'Give {WHAT_RAM}')
    own = model.state_dict()
    # Like the official loader: masks and indices are not loaded but recomputed, and one part has an older name. The tag encoder
    # is not run, but it shares weights with the tagging head, into which its LoRA is merged.
    tensors = {name.replace('vision_multi', 'tagging_head'): tensor for name, tensor in whole['model'].items()}
    fixed = {name: tensor for name, tensor in own.items() if name.endswith(('relative_position_index', 'attn_mask'))
             or (name.startswith('tag_encoder.') and 'lora_' not in name)}
    lora = {name: torch.zeros_like(tensor) for name, tensor in own.items() if 'lora_' in name}
    dape = {name: tensor for name, tensor in load_checkpoint(args.dape, WHAT_DAPE, trusted=args.trust_checkpoint).items()
            if name in own and name not in fixed}
    if not lora.keys() & dape.keys():
        raise ExportError(f'{args.dape} is another checkpoint: there is nothing in it for the layers that DAPE changes', f'Give {WHAT_DAPE}')
    changed = next((name for name, tensor in dape.items() if tensor.shape != own[name].shape), None)
    if changed is not None:
        raise ExportError(f'{args.dape} is another checkpoint: its {changed} is shaped {list(dape[changed].shape)}, '
                          f'but the network has {list(own[changed].shape)}', f'Give {WHAT_DAPE}')
    load_tensors(model, {**tensors, **lora, **dape, **fixed}, args.ram, WHAT_RAM)  # switches to inference mode, which merges the LoRA
    del model.tag_encoder
    return model


class bert_tokenizer_without_file:
    """The official code loads the tokenizer of BERT from its authors' machine, and only uses the size of its vocabulary."""

    def __enter__(self):
        import ram.models.ram_lora
        self.patch = unittest.mock.patch.object(ram.models.ram_lora, 'init_tokenizer', _Vocabulary)
        self.patch.__enter__()

    def __exit__(self, *error):
        self.patch.__exit__(*error)


class _Vocabulary:
    def __len__(self):
        return 30524

    def __call__(self, _text):
        return types.SimpleNamespace(input_ids=[])


def stub_modules() -> dict:
    """Packages that the code of the tagger imports for other networks, and functions of timm that have no effect outside training."""
    contents = {
        'timm': {}, 'timm.models': {},
        'timm.models.layers': {'to_2tuple': lambda value: value if isinstance(value, tuple) else (value, value),
                               'trunc_normal_': torch.nn.init.trunc_normal_, 'DropPath': torch.nn.Dropout},
        'timm.models.hub': {'download_cached_file': None},
        'timm.models.vision_transformer': {'_cfg': None, 'PatchEmbed': None},
        'timm.models.registry': {'register_model': lambda function: function},
        'timm.models.helpers': {'named_apply': None, 'adapt_input_conv': None},
        'fairscale': {}, 'fairscale.nn': {}, 'fairscale.nn.checkpoint': {},
        'fairscale.nn.checkpoint.checkpoint_activations': {'checkpoint_wrapper': None},
    }
    modules = {}
    for name, names in contents.items():
        modules[name] = types.ModuleType(name)
        modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)  # transformers checks it
        vars(modules[name]).update(names)
    return modules


@torch.no_grad()
def official_tags(args, image: torch.Tensor) -> str:
    """The official tags of `image` [1, 3, h, w], 0 … 1. Call it inside `importing`."""
    with quiet(), bert_tokenizer_without_file():
        from ram import inference_ram
        from ram.models.ram_lora import ram
        tagger = ram(pretrained=str(args.ram), pretrained_condition=str(args.dape), image_size=SIDE, vit='swin_l').eval()
        view = interpolate(image, size=(SIDE, SIDE), mode='bilinear', align_corners=False)
        view = (view - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
        return inference_ram(view, tagger)[0]
