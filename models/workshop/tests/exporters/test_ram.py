import json
import random
from types import SimpleNamespace

import pytest
import torch

for package in ('diffusers', 'peft', 'transformers', 'loralib', 'open_clip'):
    pytest.importorskip(package)
from agreement import assert_agreement, stages  # noqa: E402
from random_osediff import NARROW, make_base, make_pkl  # noqa: E402
from random_ram import TAG_COUNT, make_checkpoints, make_tokenizer, narrow_clone  # noqa: E402
from random_weights import example_image  # noqa: E402

from workshop.exporters import osediff, ram  # noqa: E402
from workshop.exporters.__main__ import main  # noqa: E402
from workshop.exporters.common import ExportError, importing  # noqa: E402


@pytest.fixture(scope='module')
def published(clone_from):
    return clone_from('REMASTER_OSEDIFF_REPO', osediff.ADDRESS)


@pytest.fixture(scope='module')
def given(published, tmp_path_factory):
    """A narrow clone, a narrow base with the real tokenizer, and checkpoints with random weights."""
    folder = tmp_path_factory.mktemp('ram')
    repo = narrow_clone(published, folder / 'clone')
    with importing(repo, ram.stub_modules()):
        make_base(folder / 'base', {**NARROW, 'text': {**NARROW['text'], 'vocab_size': 49408}})
        make_tokenizer(folder / 'base' / 'tokenizer')
        make_pkl(folder / 'base', folder / 'osediff.pkl')
        make_checkpoints(folder / 'ram.pth', folder / 'dape.pth')
    return folder


@pytest.fixture(scope='module')
def options(given):
    return ['--repo', str(given / 'clone'), '--any-commit', '--base', str(given / 'base'), '--weights', str(given / 'osediff.pkl'),
            '--ram', str(given / 'ram.pth'), '--dape', str(given / 'dape.pth')]


@pytest.fixture(scope='module')
def args(given):
    return SimpleNamespace(ram=given / 'ram.pth', dape=given / 'dape.pth', base=given / 'base', trust_checkpoint=False, prompt='')


def test_a_bundle_finds_the_tags_that_the_official_code_finds(options, given, engine, tmp_path):
    out = tmp_path / 'bundle'
    assert main(['export', 'osediff', *options, '--prompt', 'sharp', '--out', str(out)]) == 0
    manifest = json.loads((out / 'model.json').read_text())
    assert manifest['graphs']['prompt']['outputs'] == {'prompt': 'prompt'} and 'constants' not in manifest
    differences = stages('osediff', out, [*options, '--prompt', 'sharp', '--tile', '32'], tmp_path / 'run')
    assert {'prompt', 'network output', 'image, one graph'} <= set(differences)
    assert_agreement(differences)


def test_the_tags_are_the_official_ones_for_frames_of_any_size(given, args):
    found = set()
    with importing(given / 'clone', ram.stub_modules()), torch.no_grad():
        tags = ram.tag_list(given / 'clone')
        find_tags = ram.FindTags(ram.load_tagger(args), 2)
        for side, seed in ((64, 1), (250, 2), (90, 3)):
            image = ((example_image(side, seed)[..., :side // 2 + 7] * 0.5 + 0.5) * 255).round() / 255
            result = ', '.join(tag for tag, value in zip(tags, find_tags(image)[0]) if value)
            assert result == ram.official_tags(args, find_tags.upscale(image))
            found.add(result)
    assert len(found) > 1 and all(found), 'the images must have different tags, or the test proves nothing'


def test_a_missing_dape_is_detected(given, args, tmp_path):
    """Tests the comparison: without DAPE other tags must be found."""
    tensors = torch.load(given / 'dape.pth', weights_only=True)
    torch.save({name: tensor * 0 for name, tensor in tensors.items()}, tmp_path / 'none.pth')
    image = example_image(64) * 0.5 + 0.5
    with importing(given / 'clone', ram.stub_modules()), torch.no_grad():
        with_dape, without = (ram.FindTags(ram.load_tagger(one), 4)(image) for one in (args, SimpleNamespace(**{**vars(args), 'dape': tmp_path / 'none.pth'})))
    assert with_dape.sum() == TAG_COUNT and not torch.equal(with_dape, without)


def test_the_tokens_are_those_of_the_official_tokenizer(published, given):
    """No tag, every tag, and many tags, also more than 77 tokens; with prompts that start or end with punctuation."""
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(str(given / 'base' / 'tokenizer'))
    tags = ram.tag_list(published)
    # Nine tags rarely exceed the limit.
    choices = [[], [0], *(list(range(i, min(i + 9, len(tags)))) for i in range(0, len(tags), 9))]
    rng = random.Random(1)
    choices += [sorted(rng.sample(range(len(tags)), rng.randrange(2, 60))) for _ in range(60)]
    for prompt in ('', 'clean, 8k.', "'s", '(sharp)'):
        prompt_tokens = ram.PromptTokens(tokenizer, tags, prompt)
        for chosen in choices if prompt == '' else choices[::17]:
            found = torch.zeros(1, len(tags))
            found[0, chosen] = 1
            text = f'{", ".join(tags[i] for i in chosen)}, {prompt},'
            expected = tokenizer(text, max_length=77, padding='max_length', truncation=True, return_tensors='pt').input_ids
            assert torch.equal(prompt_tokens(found), expected), text


class Refused:
    def __init__(self, options, capsys, out):
        self.options, self.capsys, self.out = options, capsys, out

    def __call__(self, *changes) -> str:
        assert main(['export', 'osediff', *self.options, *changes, '--out', str(self.out)]) == 1
        assert not self.out.exists() and not list(self.out.parent.glob('*.part'))
        return self.capsys.readouterr().err.strip()


@pytest.fixture
def refused(options, capsys, tmp_path):
    return Refused(options, capsys, tmp_path / 'bundle')


def test_a_wrong_tagger_is_an_error(given, refused, tmp_path):
    torch.save({'state_dict': {}}, tmp_path / 'other.pth')
    assert 'other.pth is another checkpoint: it has no model. Give the checkpoint of RAM' in refused('--ram', str(tmp_path / 'other.pth'))
    torch.save({'model': {}}, tmp_path / 'empty.pth')
    assert 'empty.pth is another checkpoint: ' in refused('--ram', str(tmp_path / 'empty.pth'))
    assert 'there is nothing in it for the layers that DAPE changes. Give the checkpoint of DAPE' in refused('--dape', str(tmp_path / 'other.pth'))
    tensors = torch.load(given / 'dape.pth', weights_only=True)
    name = next(iter(tensors))
    torch.save({**tensors, name: tensors[name][:, :1]}, tmp_path / 'thin.pth')
    assert f'thin.pth is another checkpoint: its {name} is shaped' in refused('--dape', str(tmp_path / 'thin.pth'))
    whole = (given / 'ram.pth').read_bytes()
    (tmp_path / 'half.pth').write_bytes(whole[:len(whole) // 2])
    assert 'half.pth ends too early, after' in refused('--ram', str(tmp_path / 'half.pth'))


def test_contradictory_options_are_an_error(options, refused):
    assert 'with --ram the tags are found in every shot' in refused('--tags', 'cat')


def test_a_bundle_for_faces_finds_the_tags_of_the_face(options, engine, tmp_path):
    """The official command for faces gives --ram_path and --ram_ft_path, too."""
    out = tmp_path / 'face'
    assert main(['export', 'osediff', *options, '--face', '--out', str(out)]) == 0
    manifest = json.loads((out / 'model.json').read_text())
    assert (manifest['task'], manifest['scale'], manifest['graphs']['prompt']['outputs']) == ('face', 1, {'prompt': 'prompt'})
    assert 'from the largest face in its first one' in (out / 'CARD.md').read_text()
    differences = stages('osediff', out, options, tmp_path / 'run')
    assert {'prompt', 'network output', 'image, one graph'} <= set(differences)
    assert_agreement(differences)


def test_both_checkpoints_of_the_tagger_are_required():
    with pytest.raises(ExportError, match='the official tagger is made of two checkpoints'):
        osediff._check_prompt(SimpleNamespace(ram='ram.pth', dape=None, tags=None, prompt_embedding=None, face=False))
