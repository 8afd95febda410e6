"""Seconds that a model of Real-ESRGAN takes for a frame on the CPU: the model alone, by the wheel `ncnn`. bench/rivals runs it.
Usage: ncnnModel.py MODEL WIDTH HEIGHT FRAMES   (MODEL: path of a .param file, without its ending)"""
import os
import sys
import time

import ncnn
import numpy as np

model, width, height, frames = sys.argv[1], *map(int, sys.argv[2:5])
net = ncnn.Net()
net.opt.use_vulkan_compute = False
net.opt.num_threads = os.cpu_count() or 1
net.load_param(f'{model}.param')
net.load_model(f'{model}.bin')
picture = np.random.default_rng(1).random((3, height, width), np.float32)


def run():
    extractor = net.create_extractor()
    extractor.input('data', ncnn.Mat(picture))
    status, out = extractor.extract('output')
    assert status == 0 and (out.w, out.h, out.c) == (width * 4, height * 4, 3)


run()
seconds = []
for _ in range(frames):
    started = time.time()
    run()
    seconds.append(time.time() - started)
print(f'{sorted(seconds)[len(seconds) // 2]:.4f}')
