import hashlib
import subprocess

import pytest

from workshop.exporters import published
from workshop.exporters.common import ExportError
from workshop.exporters.published import PUBLISHED, Published, check_sha256, notes, origin_of


@pytest.fixture
def given(tmp_path, monkeypatch):
    """given(name, content) is a file; the table then has `known.pkl` and `known_face.pkl`, of which it knows the hashes, and `named.pth`."""
    rows = [Published('known.pkl', 'whole', 'somewhere', sha256=hashlib.sha256(b'known').hexdigest(), stated='a list'),
            Published('known_face.pkl', 'face', 'somewhere', blob=git_hash(tmp_path, b'face'), stated='a clone'),
            Published('named.pth', 'v1', 'somewhere')]
    monkeypatch.setattr(published, 'PUBLISHED', rows)

    def write(name: str, content: bytes = b'x'):
        (tmp_path / name).write_bytes(content)
        return origin_of(tmp_path / name)
    return write


def git_hash(folder, content: bytes) -> str:
    run = subprocess.run(['git', 'hash-object', '--stdin'], input=content, cwd=folder, capture_output=True, check=True)
    return run.stdout.decode().strip()


def test_the_published_content_is_known_under_every_name(given, capsys):
    assert notes([(given('renamed.bin', b'known'), 'whole'), (given('b.bin', b'face'), 'face')]) == []
    assert capsys.readouterr().out == ''


def test_the_content_of_another_published_file_is_an_error(given):
    with pytest.raises(ExportError, match='known.pkl is known_face.pkl, which is for face, by its content. Give the file for whole'):
        notes([(given('known.pkl', b'face'), 'whole')])


def test_a_name_with_another_content_than_the_published_one_is_noted(given, capsys):
    [note] = notes([(given('known.pkl', b'other'), 'whole')])
    assert 'known.pkl differs from the published file of this name' in note and 'a list' in note
    assert f'Note: {note}' in capsys.readouterr().out


def test_the_name_of_another_file_is_noted(given):
    [note] = notes([(given('named.pth'), 'v3')])
    assert note == 'named.pth is the name of the published file for v1, and it was exported as v3 because the options say so.'


def test_an_unknown_name_is_noted(given):
    [note] = notes([(given('mine.pth'), 'v3')])
    assert note.startswith('mine.pth is none of the published files')


def test_further_doubts_are_printed_and_kept(given, capsys):
    assert notes([(given('named.pth'), 'v1')], ['Doubtful.']) == ['Doubtful.']
    assert 'Note: Doubtful.\n' in capsys.readouterr().out


def test_without_a_published_hash_the_own_one_is_printed(given, capsys):
    origin = given('named.pth')
    assert notes([(origin, 'v1')]) == []
    assert f'named.pth has the sha256 {hashlib.sha256(b"x").hexdigest()}; no public source states' in capsys.readouterr().out


def test_a_given_sha256_is_checked(given):
    origin = given('named.pth')
    check_sha256(origin, None)
    check_sha256(origin, origin.sha256.upper())
    with pytest.raises(ExportError, match='named.pth is not the file that --sha256 describes: its sha256 is'):
        check_sha256(origin, '0' * 64)


def test_every_row_states_where_its_hash_is_from():
    assert len({row.name for row in PUBLISHED}) == len(PUBLISHED)
    for row in PUBLISHED:
        assert (row.stated is not None) == (row.sha256 is not None or row.blob is not None), row.name
        assert row.sha256 is None or len(row.sha256) == 64
        assert row.blob is None or len(row.blob) == 40
