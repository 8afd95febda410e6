"""Sends frames through a real video codec and back. Every ffmpeg flag of the workshop's degradations is here."""
import subprocess
import tempfile
from pathlib import Path

import numpy as np

# Name → (arguments for a strength 0 … 1, file ending). The ranges were chosen by eye: 0 is good television or a good
# download, 1 is what people bring to be repaired.
CODECS = {
    'h264': (lambda s, rng: ['-c:v', 'libx264', '-preset', rng.choice(['veryfast', 'medium']), '-crf',
                             f'{18 + 17 * s:.1f}'], 'mkv'),
    'h265': (lambda s, rng: ['-c:v', 'libx265', '-preset', 'veryfast', '-x265-params',
                             f'log-level=none:pools=1:frame-threads=1:crf={19 + 17 * s:.1f}'], 'mkv'),
    'mpeg2': (lambda s, rng: ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-q:v', f'{2 + 12 * s:.1f}'], 'mkv'),
    'mpeg4': (lambda s, rng: ['-c:v', 'mpeg4', '-g', '60', '-bf', '1', '-q:v', f'{2 + 12 * s:.1f}'], 'avi'),
}


def through_codec(frames: np.ndarray, codec: str, strength: float, rng: np.random.Generator,
                  interlaced: bool = False) -> np.ndarray:
    """frames: uint8 [t, h, w, 3], h and w even. Interlaced: two frames become the fields of one, as a camera of the
    1990s recorded them, and a deinterlacer makes one frame of them again; the answer has half as many frames, and
    frame i is of the time of frames[2 i]."""
    arguments, ending = CODECS[codec]
    t, h, w, _ = frames.shape
    raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{w}x{h}', '-r', '50' if interlaced else '25', '-i', '-']
    weave = ['-vf', 'tinterlace=interleave_top,setfield=tff'] if interlaced else []
    field_coding = ['-flags', '+ildct+ilme'] if interlaced and codec == 'mpeg2' else []
    unweave = ['-vf', 'setfield=tff,bwdif=mode=send_frame:parity=tff'] if interlaced else []
    with tempfile.TemporaryDirectory() as folder:
        film = str(Path(folder) / f'film.{ending}')
        _ffmpeg([*raw, *weave, *arguments(strength, rng), *field_coding, '-threads', '1', '-pix_fmt', 'yuv420p',
                 film], frames.tobytes())
        back = _ffmpeg(['-threads', '1', '-i', film, *unweave, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-vsync',
                        'passthrough', '-'])
    return np.frombuffer(back, np.uint8).reshape(-1, h, w, 3)


def _ffmpeg(arguments: list[str], given: bytes | None = None) -> bytes:
    for _ in range(3):
        done = subprocess.run(['ffmpeg', '-v', 'error', '-nostdin' if given is None else '-y', *arguments],
                              input=given, capture_output=True)
        if done.returncode == 0:
            return done.stdout
        if 0 < done.returncode < 128 and done.stderr:
            break
        # Silent and ended: somebody's clean-up of a shared machine took it for one of theirs. Hours of work end here
        # otherwise.
    raise RuntimeError(f'ffmpeg stopped with {done.returncode}: {done.stderr.decode(errors="replace").strip()}')
