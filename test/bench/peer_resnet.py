"""What the peers in PyTorch share: ResNet as He et al. 2015 describe it, pixels, labels, and the lines of a contestant.

Frozen stages have no gradients and their batch normalisation keeps its running statistics. Weights start as petage's do.
"""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 192
MEAN = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


def conv_norm(inputs, outputs, size, stride=1):
    convolution = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, middle, stride, bottleneck):
        super().__init__()
        outputs = middle * 4 if bottleneck else middle
        if bottleneck:
            parts = [(inputs, middle, 1, 1), (middle, middle, 3, stride), (middle, outputs, 1, 1)]
        else:
            parts = [(inputs, middle, 3, stride), (middle, middle, 3, 1)]
        self.branch = nn.ModuleList(conv_norm(*part) for part in parts)
        nn.init.zeros_(self.branch[-1][1].weight)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else conv_norm(inputs, outputs, 1, stride)

    def forward(self, x):
        y = x
        for index, part in enumerate(self.branch):
            y = part(y)
            if index < len(self.branch) - 1:
                y = F.relu(y, inplace=True)
        return F.relu(y + self.shortcut(x), inplace=True)


class ResNet(nn.Module):
    def __init__(self, depth, frozen_stages=-1, width=64):
        super().__init__()
        bottleneck = depth > 34
        channels = width
        stem = nn.Sequential(conv_norm(3, width, 7, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, 1))
        self.stages = nn.ModuleList([stem])
        for stage, count in enumerate(BLOCKS[depth]):
            layers = []
            for index in range(count):
                middle = width * 2**stage
                layers.append(Block(channels, middle, 2 if index == 0 and stage > 0 else 1, bottleneck))
                channels = middle * 4 if bottleneck else middle
            self.stages.append(nn.Sequential(*layers))
        self.head = nn.Linear(channels, CLASSES)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self.frozen = frozen_stages + 1  # the stem counts as one

    def train(self, mode=True):
        super().train(mode)
        for stage in self.stages[: self.frozen]:
            stage.eval().requires_grad_(False)
        return self

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))


def normalize(pixels, layout=torch.contiguous_format):
    """NHWC, BGR, uint8, as petage's batches: to NCHW, RGB, float32."""
    images = pixels.permute(0, 3, 1, 2)[:, [2, 1, 0]].float()
    return ((images - MEAN) / DEVIATION).contiguous(memory_format=layout)


def smooth_targets(labels, deviation=2.0, samples=11):
    distance = torch.arange(CLASSES).view(1, -1) - labels.view(-1, 1)
    weights = torch.exp(-((distance / deviation) ** 2) / 2) * (distance.abs() <= samples // 2)
    return weights / weights.sum(1, keepdim=True)


def contestant_setup():
    return json.loads(sys.argv[-1])


def layout_of(setup):
    return {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}[setup["layout"]]


def precision_of(setup):
    return torch.autocast("cpu", torch.bfloat16, enabled=setup["precision"] == "bfloat16")


def noise(setup):
    size = setup["sizePx"]
    return torch.randint(0, 256, (setup["batchSize"], size, size, 3), dtype=torch.uint8)


def answer_lines(answer):
    """Answers each line of JSON with one; `null` asks whether it is ready."""
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(request and answer(request)), flush=True)


def answer_steps(step):
    """Does as many steps as each line asks for. It is ready when it has done one, which compiles."""
    try:
        step()
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}".splitlines()[0])

    def time_of_step():
        started = time.perf_counter()
        step()
        return (time.perf_counter() - started) * 1000

    def answer(request):
        times = [time_of_step() for _ in range(request["steps"])]
        return {"ms": times, "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}

    answer_lines(answer)
