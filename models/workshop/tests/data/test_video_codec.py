import numpy as np
import pytest

from workshop.data.video_codec import CODECS, encode_and_decode


@pytest.mark.parametrize('codec', CODECS)
def test_every_frame_is_decoded(photograph, codec):
    frames = np.stack([photograph[:96, i:i + 128] for i in range(6)])
    decoded = encode_and_decode(frames, codec, 0.2, np.random.default_rng(1))
    assert decoded.shape == frames.shape
    assert np.abs(decoded.astype(int) - frames).mean() < 12


def test_two_fields_become_one_frame_with_the_time_of_the_first(photograph):
    frames = np.stack([photograph[:96, 8 * i:8 * i + 128] for i in range(8)])
    decoded = encode_and_decode(frames, 'mpeg2', 0.0, np.random.default_rng(1), interlaced=True)
    assert len(decoded) == 4
    errors = [np.abs(decoded[1].astype(int) - frame).mean() for frame in frames]
    assert int(np.argmin(errors)) == 2


def test_an_ffmpeg_error_is_reported(photograph, monkeypatch):
    monkeypatch.setitem(CODECS, 'none', (lambda strength, rng: ['-c:v', 'none'], 'mkv'))
    with pytest.raises(RuntimeError, match="ffmpeg exited with .*'none'"):
        encode_and_decode(photograph[None, :96, :128], 'none', 0.5, np.random.default_rng(1))
