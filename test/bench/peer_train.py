"""The training step of train-program.ts in PyTorch: one line of JSON in, {"steps": n}; one line out.

ResNet as He et al. 2015 describe it. Frozen stages have no gradients and their batch normalisation keeps its running
statistics. channels_last, because it is the faster layout for PyTorch on CPUs.
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


def conv_norm(inputs, outputs, size, stride=1):
    convolution = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, bias=False)
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
    def __init__(self, depth, frozen_stages):
        super().__init__()
        blocks = {18: (2, 2, 2, 2), 101: (3, 4, 23, 3)}[depth]
        bottleneck = depth > 34
        channels = 64
        self.stages = nn.ModuleList([nn.Sequential(conv_norm(3, 64, 7, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, 1))])
        for stage, count in enumerate(blocks):
            layers = []
            for index in range(count):
                middle = 64 * 2**stage
                layers.append(Block(channels, middle, 2 if index == 0 and stage > 0 else 1, bottleneck))
                channels = middle * 4 if bottleneck else middle
            self.stages.append(nn.Sequential(*layers))
        self.head = nn.Linear(channels, CLASSES)
        self.frozen = frozen_stages + 1  # the stem counts as one
        self.train()
        for stage in self.stages[: self.frozen]:
            stage.eval().requires_grad_(False)

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))


def smooth_targets(labels, deviation=2.0, samples=11):
    distance = torch.arange(CLASSES).view(1, -1) - labels.view(-1, 1)
    weights = torch.exp(-((distance / deviation) ** 2) / 2) * (distance.abs() <= samples // 2)
    return weights / weights.sum(1, keepdim=True)


def main():
    setup = json.loads(sys.argv[-1])
    batch, size = setup["batchSize"], setup["sizePx"]
    torch.manual_seed(0)
    model = ResNet(setup["depth"], setup["frozenStages"]).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    pixels = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8)  # NHWC, BGR, as petage's batches
    labels = (torch.arange(batch) * 37) % CLASSES

    def step():
        started = time.perf_counter()
        images = pixels.permute(0, 3, 1, 2)[:, [2, 1, 0]].float()
        images = ((images - MEAN) / DEVIATION).contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(images), smooth_targets(labels))
        loss.backward()
        optimizer.step()
        loss.item()
        return (time.perf_counter() - started) * 1000

    for line in sys.stdin:
        request = json.loads(line) or {"steps": 0}
        times = [step() for _ in range(request["steps"])]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"ms": times, "peakRssBytes": peak}), flush=True)


main()
