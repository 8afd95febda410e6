"""The same network in some forty lines of Python, for comparison: three threads (decoder, model, encoder), whole frames, the same
encoder settings. Needs onnxruntime, numpy and pillow; bench/efficiency runs it.
Usage: plainScript.py INPUT OUTPUT BUNDLE WIDTH HEIGHT PRESET   (PRESET: of x264; a bundle of scale 4 with the graphs condition and denoise: x4-live)"""
import os
import queue
import subprocess
import sys
import threading
import time

import numpy as np
import onnxruntime as ort
from PIL import Image

source, output, bundle = sys.argv[1:4]
width, height, preset = int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
SCALE = 4
FFMPEG = os.environ.get('REMASTER_FFMPEG', 'ffmpeg')
options = ort.SessionOptions()
options.intra_op_num_threads = os.cpu_count() or 1
condition, denoise = (
    ort.InferenceSession(f'{bundle}/{name}.onnx', options, providers=['CPUExecutionProvider'])
    for name in ('condition', 'denoise')
)
size = f'{width * SCALE}x{height * SCALE}'
decoder_args = ['-v', 'error', '-i', source, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']
encoder_args = ['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', size, '-r', '25', '-i', '-']
encoder_args += ['-c:v', 'libx264', '-crf', '16', '-preset', preset, '-pix_fmt', 'yuv420p', output]

started = time.time()
decoder = subprocess.Popen([FFMPEG, *decoder_args], stdout=subprocess.PIPE)
encoder = subprocess.Popen([FFMPEG, *encoder_args], stdin=subprocess.PIPE)
decoded, upscaled = queue.Queue(2), queue.Queue(2)


def read():
    frame_bytes = width * height * 3
    while len(data := decoder.stdout.read(frame_bytes)) == frame_bytes:
        decoded.put(data)
    decoded.put(None)


def write():
    while (frame := upscaled.get()) is not None:
        encoder.stdin.write(frame)
    encoder.stdin.close()
    encoder.wait()


threads = [threading.Thread(target=read), threading.Thread(target=write)]
for thread in threads:
    thread.start()
frames = 0
while (data := decoded.get()) is not None:
    image = np.frombuffer(data, np.uint8).reshape(height, width, 3)
    enlarged = np.asarray(Image.fromarray(image).resize((width * SCALE, height * SCALE), Image.BICUBIC))
    lq, x = (part.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1 for part in (image, enlarged))
    features = condition.run(None, {'lq': lq})[0]
    out = denoise.run(None, {'x': x, 'cond': features})[0]
    upscaled.put(np.clip((out[0].transpose(1, 2, 0) + 1) * 127.5 + 0.5, 0, 255).astype(np.uint8).tobytes())
    frames += 1
upscaled.put(None)
for thread in threads:
    thread.join()
print(f'{frames} {time.time() - started:.3f}')
