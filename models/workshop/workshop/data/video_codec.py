"""Encodes frames with a real video codec and decodes them again. All ffmpeg options of the workshop are here."""
import subprocess
import tempfile
from pathlib import Path

import numpy as np

# Name → (arguments for a strength 0 … 1, file extension). The ranges were chosen by eye: 0 is a good broadcast or download, 1 is
# typical of what people want to restore.
CODECS = {
    'h264': (lambda s, rng: ['-c:v', 'libx264', '-preset', rng.choice(['veryfast', 'medium']), '-crf',
                             f'{18 + 17 * s:.1f}'], 'mkv'),
    'h265': (lambda s, rng: ['-c:v', 'libx265', '-preset', 'veryfast', '-x265-params',
                             f'log-level=none:pools=1:frame-threads=1:crf={19 + 17 * s:.1f}'], 'mkv'),
    'mpeg2': (lambda s, rng: ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-q:v', f'{2 + 12 * s:.1f}'], 'mkv'),
    'mpeg4': (lambda s, rng: ['-c:v', 'mpeg4', '-g', '60', '-bf', '1', '-q:v', f'{2 + 12 * s:.1f}'], 'avi'),
}


def encode_and_decode(frames: np.ndarray, codec: str, strength: float, rng: np.random.Generator,
                      interlaced: bool = False) -> np.ndarray:
    """frames: uint8 [t, h, w, 3], h and w even.

    Interlaced: two frames become the two fields of one, as from a camera of the 1990s, and are deinterlaced after decoding.
    The result then has half as many frames, and its frame i has the time of frames[2 i]."""
    arguments, extension = CODECS[codec]
    t, h, w, _ = frames.shape
    raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{w}x{h}', '-r', '50' if interlaced else '25', '-i', '-']
    interlace = ['-vf', 'tinterlace=interleave_top,setfield=tff'] if interlaced else []
    field_coding = ['-flags', '+ildct+ilme'] if interlaced and codec == 'mpeg2' else []
    deinterlace = ['-vf', 'setfield=tff,bwdif=mode=send_frame:parity=tff'] if interlaced else []
    with tempfile.TemporaryDirectory() as folder:
        video = str(Path(folder) / f'video.{extension}')
        _ffmpeg([*raw, *interlace, *arguments(strength, rng), *field_coding, '-threads', '1', '-pix_fmt', 'yuv420p',
                 video], frames.tobytes())
        decoded = _ffmpeg(['-threads', '1', '-i', video, *deinterlace, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-vsync',
                           'passthrough', '-'])
    return np.frombuffer(decoded, np.uint8).reshape(-1, h, w, 3)


def _ffmpeg(arguments: list[str], stdin: bytes | None = None) -> bytes:
    for _ in range(3):
        result = subprocess.run(['ffmpeg', '-v', 'error', '-nostdin' if stdin is None else '-y', *arguments],
                                input=stdin, capture_output=True)
        if result.returncode == 0:
            return result.stdout
        if 0 < result.returncode < 128 and result.stderr:
            break
        # Killed, or failed without a message: the cause is outside of ffmpeg, so try again rather than lose hours of work.
    raise RuntimeError(f'ffmpeg exited with {result.returncode}: {result.stderr.decode(errors="replace").strip()}')
