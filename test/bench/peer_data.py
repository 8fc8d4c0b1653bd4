"""The photos of data-loader.ts through torch's DataLoader: one line of JSON in, {"epoch": n}; one line out.

The transforms are those of the config, on Pillow: a random crop of 8 to 100 % of the area and 3:4 to 4:3 in shape,
resized to 224 x 224, mirrored half of the time.
"""

import json
import math
import os
import random
import sys
import time

import numpy
import torch
from PIL import Image

SIZE = 224
BATCH = 32


def random_box(width, height):
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1.0)
        shape = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if w <= width and h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            return left, top, left + w, top + h
    return 0, 0, width, height


class Photos(torch.utils.data.Dataset):
    def __init__(self, folder):
        with open(os.path.join(folder, "meta", "train.txt")) as lines:
            entries = [line.rstrip("\n").split("\t") for line in lines]
        self.samples = [(os.path.join(folder, "train", name), int(age)) for name, age in entries]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, age = self.samples[index]
        image = Image.open(path).convert("RGB")
        image = image.crop(random_box(*image.size)).resize((SIZE, SIZE), Image.BILINEAR)
        if random.random() < 0.5:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        return torch.from_numpy(numpy.array(image)), age


def main():
    setup = json.loads(sys.argv[-1])
    loader = torch.utils.data.DataLoader(
        Photos(setup["data"]), BATCH, shuffle=True, num_workers=setup["workers"], persistent_workers=True
    )
    for line in sys.stdin:
        started, images = time.perf_counter(), 0
        if json.loads(line) is not None:
            images = sum(len(labels) for _, labels in loader)
        print(json.dumps({"ms": (time.perf_counter() - started) * 1000, "images": images}), flush=True)


main()
