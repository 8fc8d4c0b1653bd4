"""What infer-program.ts computes, in PyTorch: {"steps": n} in, the time of each out."""

import torch

from peer_resnet import ResNet, answer_steps, contestant_setup, layout_of, noise, normalize, precision_of


def main():
    setup = contestant_setup()
    torch.manual_seed(0)
    layout = layout_of(setup)
    pixels = noise(setup)
    model = ResNet(setup["depth"]).to(memory_format=layout).eval()

    def probabilities():
        with precision_of(setup):
            return model(normalize(pixels, layout)).softmax(1)

    if setup["compile"]:
        probabilities = torch.compile(probabilities)

    def step():
        with torch.inference_mode():
            probabilities().tolist()

    answer_steps(step)


main()
