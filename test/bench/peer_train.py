"""The training step of train-program.ts in PyTorch: {"steps": n} in, the time of each out."""

import torch
from torch.nn import functional as F

from peer_resnet import CLASSES, ResNet, answer_steps, contestant_setup, layout_of, noise, normalize, precision_of
from peer_resnet import smooth_targets


def main():
    setup = contestant_setup()
    torch.manual_seed(0)
    layout = layout_of(setup)
    pixels = noise(setup)
    model = ResNet(setup["depth"], setup["frozenStages"]).to(memory_format=layout).train()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    labels = (torch.arange(setup["batchSize"]) * 37) % CLASSES

    def loss_of():
        with precision_of(setup):
            return F.cross_entropy(model(normalize(pixels, layout)), smooth_targets(labels))

    if setup["compile"]:
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        optimizer.step()
        loss.item()

    answer_steps(step)


main()
