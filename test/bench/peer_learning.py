"""The training of configs/resnet/resnet18_petage_quickstart.py in PyTorch: {"seed": n} in, the error after each epoch out.

Order and crops are drawn by PyTorch, everything else is as in the config. Photos are resized as OpenCV does: bilinear,
without a filter against aliasing.
"""

import math
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch.nn import functional as F

from peer_resnet import ResNet, answer_lines, contestant_setup, normalize, smooth_targets

BATCH = 32
SIZE = 64
EPOCHS = 12  # of the schedule
RATE = 1e-3


def load(folder, split):
    lines = (Path(folder) / "meta" / f"{split}.txt").read_text().splitlines()
    names, labels = zip(*(line.split("\t") for line in lines))
    photos = [numpy.array(Image.open(Path(folder) / split / name).convert("RGB")) for name in names]
    pixels = torch.from_numpy(numpy.stack(photos)[..., ::-1].copy())  # NHWC, BGR
    return pixels, torch.tensor([int(label) for label in labels])


def uniform(low, high):
    return low + (high - low) * torch.rand(()).item()


def resize(photo):
    planes = photo.permute(2, 0, 1)[None].float()
    resized = F.interpolate(planes, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    return resized[0].permute(1, 2, 0).round().to(torch.uint8)


def crop_and_flip(photo):
    """RandomResizedCrop(crop_ratio_range=(0.8, 1.0)), RandomFlip(prob=0.5)."""
    size = photo.shape[0]  # drawn photos are square
    top, left, height, width = 0, 0, size, size
    for _ in range(10):
        area = uniform(0.8, 1.0) * size * size
        aspect = math.exp(uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if w <= size and h <= size:
            top, left = (torch.randint(0, size - edge + 1, ()).item() for edge in (h, w))
            height, width = h, w
            break
    resized = resize(photo[top : top + height, left : left + width])
    return resized.flip(1) if torch.rand(()).item() < 0.5 else resized


def factor_of_rate(warm_up, steps):
    """A linear warm-up from a tenth, then half a cosine down to a hundredth."""

    def factor(step):
        if step < warm_up:
            return 0.1 + 0.9 * step / max(1, warm_up - 1)
        return 0.01 + 0.99 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))) / 2

    return factor


def mean_error(model, pixels, labels):
    """In months, of the median of the predicted distribution."""
    model.eval()
    with torch.inference_mode():
        below = torch.cat([model(normalize(part)).softmax(1).cumsum(1) for part in pixels.split(BATCH)])
    median = (below < below[:, -1:] / 2).sum(1)
    return (median - labels).abs().float().mean().item()


def main():
    setup = contestant_setup()
    photos, ages = load(setup["photos"], "train")
    pixels, labels = load(setup["photos"], "val")
    pixels = torch.stack([resize(photo) for photo in pixels])

    def learn(request):
        torch.manual_seed(request["seed"])
        model = ResNet(18, width=32)
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.05)
        epoch_steps = math.ceil(len(photos) / BATCH)
        factor = factor_of_rate(epoch_steps, EPOCHS * epoch_steps)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        errors = []
        for _ in range(setup["epochs"]):
            model.train()
            for samples in torch.randperm(len(photos)).split(BATCH):
                batch = torch.stack([crop_and_flip(photos[sample]) for sample in samples])
                optimizer.zero_grad()
                F.cross_entropy(model(normalize(batch)), smooth_targets(ages[samples])).backward()
                optimizer.step()
                schedule.step()
            errors.append(mean_error(model, pixels, labels))
        return {"maeMonths": errors}

    answer_lines(learn)


main()
