"""The photos of data.ts through a library: one line of JSON in, {"epoch": n}; one line out.

The transforms of cv2, Pillow and torch are those of the config: a random crop of 8 to 100 % of the area and 3:4 to 4:3
in shape, resized to 224 x 224, mirrored half of the time. mmpretrain builds the pipeline that it is given.
"""

import json
import math
import random
import re
import sys
import time

import numpy

SIZE = 224
BATCH = 32


def peak_bytes():
    # What getrusage says would begin with what the process that started this one had.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


def random_box(width, height):
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1.0)
        shape = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if w <= width and h <= height:
            return random.randint(0, width - w), random.randint(0, height - h), w, h
    return 0, 0, width, height


def by_cv2(setup):
    import cv2

    cv2.setNumThreads(1)

    def load(path):
        image = cv2.imread(path)
        left, top, w, h = random_box(image.shape[1], image.shape[0])
        image = cv2.resize(image[top : top + h, left : left + w], (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        return cv2.flip(image, 1) if random.random() < 0.5 else image

    return load


def by_pillow(setup):
    from PIL import Image

    def load(path):
        image = Image.open(path).convert("RGB")
        left, top, w, h = random_box(*image.size)
        image = image.crop((left, top, left + w, top + h)).resize((SIZE, SIZE), Image.BILINEAR)
        if random.random() < 0.5:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        return numpy.array(image)

    return load


def by_mmpretrain(setup):
    import cv2
    import mmpretrain.datasets  # registers the transforms
    import torch
    from mmengine.dataset import Compose
    from mmpretrain.registry import TRANSFORMS

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    compose = Compose([TRANSFORMS.build(stage) for stage in setup["pipeline"]])
    return lambda path: compose({"img_path": path, "gt_label": 0, "sample_idx": 0})["inputs"].numpy()


def batches(load, photos):
    """Numbers of images, which are stacked as torch's collate does."""
    for first in range(0, len(photos), BATCH):
        yield len(numpy.stack([load(path) for path in photos[first : first + BATCH]]))


def by_torch(setup):
    import torch

    load = by_pillow(setup)

    class Photos(torch.utils.data.Dataset):
        def __len__(self):
            return len(setup["photos"])

        def __getitem__(self, index):
            return torch.from_numpy(load(setup["photos"][index])), 0

    loader = torch.utils.data.DataLoader(
        Photos(), BATCH, shuffle=True, num_workers=setup["workers"], persistent_workers=True
    )
    return lambda: (len(labels) for _, labels in loader)


def main():
    setup = json.loads(sys.argv[-1])
    if setup["library"] == "torch":
        epoch = by_torch(setup)
    else:
        load = {"cv2": by_cv2, "pillow": by_pillow, "mmpretrain": by_mmpretrain}[setup["library"]](setup)
        epoch = lambda: batches(load, setup["photos"])
    for line in sys.stdin:
        started, images = time.perf_counter(), 0
        if json.loads(line) is not None:
            images = sum(epoch())
        ms = (time.perf_counter() - started) * 1000
        peak = peak_bytes()
        print(json.dumps({"ms": ms, "images": images, "peakRssBytes": peak}), flush=True)


main()
