"""Writes augments_more.json: what mmpretrain's transforms make of small images, with every number that they draw.

    pip install --no-deps mmpretrain==1.2.0 mmcv-lite==2.2.0 mmengine==0.10.7
    pip install numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0 torch addict yapf rich termcolor pyyaml
    python make_augments.py > augments_more.json

The cases have the form of augments2.json, whose `_about` says how images and draws are made. torchvision is not needed:
only its names are. Needs a processor with AVX2, without which OpenCV rounds otherwise.
"""

import copy
import importlib
import json
import random
import sys
import types
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made


def load_transforms():
    """The registry with mmpretrain's transforms, without the rest of mmpretrain."""
    import mmcv.transforms as mmcv_transforms

    modes = types.SimpleNamespace(NEAREST=0, BILINEAR=0, BICUBIC=0, BOX=0, HAMMING=0, LANCZOS=0)
    inner = module("torchvision.transforms.transforms", InterpolationMode=modes)
    functional = module("torchvision.transforms.functional")
    crop = type("RandomResizedCrop", (), {})
    outer = module("torchvision.transforms", functional=functional, transforms=inner, RandomResizedCrop=crop)
    module("torchvision", transforms=outer)
    home = Path(importlib.util.find_spec("mmpretrain").submodule_search_locations[0])
    for name in ("mmpretrain", "mmpretrain.datasets", "mmpretrain.datasets.transforms"):
        module(name, __path__=[str(home.joinpath(*name.split(".")[1:]))])
    module("mmpretrain.registry", TRANSFORMS=mmcv_transforms.TRANSFORMS)
    for name in ("auto_augment", "processing"):
        importlib.import_module(f"mmpretrain.datasets.transforms.{name}")
    return mmcv_transforms.TRANSFORMS


def u(k, i):
    x = (i * 2654435761 + k * 2246822519 + 1) % 2**32
    x = (x ^ (x >> 15)) * 2246822507 % 2**32
    x = (x ^ (x >> 13)) * 3266489909 % 2**32
    return (x ^ (x >> 16)) / 2**31 - 1


class Script:
    """Numbers in place of random ones, and a list of what was asked for."""

    def __init__(self, key):
        self.key, self.count, self.draws = key, 0, []

    def next(self):
        self.count += 1
        return (u(self.key, self.count - 1) + 1) / 2

    def note(self, name, args, result):
        self.draws.append([name, plain(args), plain(result)])
        return result

    def array(self, name, args, size, of):
        size = (size,) if isinstance(size, int) else tuple(size)
        values = np.array([of(i) for i in range(int(np.prod(size)))]).reshape(size)
        shown = values if len(size) == 1 else {"shape": list(size)}
        self.note(name, [*args, size if len(size) > 1 else size[0]], shown)
        return values

    def uniform(self, low=0.0, high=1.0, size=None):
        low, high = float(low), float(high)
        if size is None:
            return self.note("uniform", [low, high], low + (high - low) * self.next())
        return self.array("uniform", [low, high], size, lambda i: low + (high - low) * self.next())

    def normal(self, mean=0.0, std=1.0, size=None):
        if size is None:
            return self.note("normal", [mean, std], mean + std * 3.4 * (self.next() - 0.5))
        means, stds = np.ravel(mean).astype(float), np.ravel(std).astype(float)

        def of(i):
            return means[i % len(means)] + stds[i % len(stds)] * 3.4 * (self.next() - 0.5)

        return self.array("normal", [mean, std], size, of)

    def randint(self, low, high=None):
        low, high = (0, low) if high is None else (low, high)
        return self.note("randint", [low, high], low + int((high - low) * self.next()))

    def choice(self, options, size=None, p=None):
        options = np.asarray(options)
        count = len(options)
        if p is not None:
            drawn, below = self.next(), np.cumsum(p)
            index = int(np.argmax(drawn < below)) if (drawn < below).any() else count - 1
            self.note("choice", [count, list(p)], index)
        elif size is not None:
            index = [int(count * self.next()) for _ in range(size)]
            self.note("choice", [count, size], index)
        else:
            index = self.note("choice", [count], int(count * self.next()))
        return options[index]

    def permutation(self, count):
        values = [self.next() for _ in range(count)]
        return np.array(self.note("permutation", [count], sorted(range(count), key=values.__getitem__)))

    def install(self):
        for name in ("uniform", "normal", "randint", "choice", "permutation"):
            setattr(np.random, name, getattr(self, name))
        np.random.rand = lambda: self.note("rand", [], self.next())
        np.random.random_sample = lambda: self.note("random_sample", [], self.next())
        random.random = lambda: self.note("python random", [], self.next())


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def image(height, width, kind):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    if kind == "smooth":
        return np.rint(128 + 100 * np.sin(0.35 * x + 0.5 * c) * np.cos(0.27 * y - 0.3 * c)).astype(np.uint8)
    return ((37 * y + 59 * x + 101 * c + 7 * x * y) % 256).astype(np.uint8)


cases = {"_about": "See augments2.json; petage's own cases, by make_augments.py."}
TRANSFORMS = load_transforms()


def add(name, times, cfg, hw=(7, 8), img="noisy"):
    """Tuples, where upstream wants them, become lists in the file, as in a config that is read."""
    for _ in range(times):
        key = 2000 + len(cases)
        transform = TRANSFORMS.build(copy.deepcopy(cfg))
        script = Script(key)
        script.install()
        out = transform(dict(img=image(*hw, img), img_shape=hw))["img"]
        case = dict(kind="transform", cfg=cfg, hw=hw, img=img, script=key, draws=script.draws)
        cases[f"{name}_{len(cases)}"] = dict(**case, out_shape=list(out.shape), out=out.ravel().tolist())


EIGEN = dict(
    eigval=[55.4625, 4.794, 1.1475],
    eigvec=[[-0.5836, -0.6948, 0.4203], [-0.5808, -0.0045, -0.814], [-0.5675, 0.7192, 0.4009]],
)
SIGNED = dict(prob=0.5, random_negative_prob=0.0)
# The policies of ResNeSt, which the tutorial refers to.
RESNEST = [
    dict(type="AutoContrast", prob=0.5),
    dict(type="Equalize", prob=0.5),
    dict(type="Invert", prob=0.5),
    dict(type="Rotate", magnitude_range=(0, 30), pad_val=0, prob=0.5, random_negative_prob=0.5),
    dict(type="Posterize", magnitude_range=(0, 4), prob=0.5),
    dict(type="Solarize", magnitude_range=(0, 256), prob=0.5),
    dict(type="SolarizeAdd", magnitude_range=(0, 110), thr=128, prob=0.5),
    dict(type="ColorTransform", magnitude_range=(-0.9, 0.9), **SIGNED),
    dict(type="Contrast", magnitude_range=(-0.9, 0.9), **SIGNED),
    dict(type="Brightness", magnitude_range=(-0.9, 0.9), **SIGNED),
    dict(type="Sharpness", magnitude_range=(-0.9, 0.9), **SIGNED),
    dict(type="Shear", magnitude_range=(0, 0.3), pad_val=0, direction="horizontal", interpolation="bicubic"),
    dict(type="Cutout", magnitude_range=(1, 41), pad_val=0, prob=0.5),
    dict(type="Translate", magnitude_range=(0, 0.3), pad_val=0, direction="vertical", interpolation="bicubic"),
]

for level, std in ((3, 0.0), (9, 0.5), (10, 3.0), (14, 0.0), (14, "inf")):
    timm = dict(type="RandAugment", policies="timm_increasing", num_policies=4, magnitude_level=level, magnitude_std=std)
    add("randaugment", 5, timm, (5, 19), "smooth")
    for interpolation in ("bicubic", "lanczos"):
        add("hparams", 3, dict(**timm, hparams=dict(pad_val=[104, 116, 124], interpolation=interpolation)), (5, 19))
add("resnest", 12, dict(type="RandAugment", policies=RESNEST, num_policies=2, magnitude_level=12), (9, 11))
add("autoaugment", 16, dict(type="AutoAugment", policies="imagenet"), (5, 18))

for backend in ("cv2", "pillow"):
    add("jitter", 4, dict(type="ColorJitter", brightness=0.4, contrast=0.4, saturation=0.4, hue=[0.0, 0.5], backend=backend))
    add("jitter_far", 2, dict(type="ColorJitter", brightness=[0.0, 5.0], contrast=[0.0, 5.0], backend=backend))
for std in (0.1, 2.5):
    add("lighting", 3, dict(type="Lighting", alphastd=std, **EIGEN))
for options in (
    {},
    dict(fill_color=0),
    dict(mode="rand"),
    dict(mode="rand", fill_color=100.5, fill_std=80.0),
    dict(mode="rand", fill_color=[10, 200, 250], fill_std=[5, 60, 90]),
    dict(aspect_range=0.5),
    dict(min_area_ratio=0.5, max_area_ratio=0.9),
):
    add("erasing", 2, dict(type="RandomErasing", erase_prob=0.9, **options))
for options in (dict(prob=1.0), dict(prob=0.5, keep_channels=True), dict(prob=1.0, channel_weights=[1, 0, 2])):
    add("gray", 2, dict(type="RandomGrayscale", **options))
add("blur", 2, dict(type="GaussianBlur", radius=0.7, prob=1.0))
add("blur", 2, dict(type="GaussianBlur", magnitude_range=(0.1, 2.0), magnitude_std="inf", prob=1.0))

add("resize", 3, dict(type="RandomResize", scale=(20, 10), ratio_range=(0.5, 2.0), keep_ratio=True))
add("resize", 2, dict(type="RandomResize", scale=[(4, 6), (9, 8)], backend="pillow", interpolation="bicubic"))
add("resize", 3, dict(type="RandomChoiceResize", scales=[(4, 4), (6, 8), (9, 5)], keep_ratio=True))
for options in (dict(scale=(7, 5)), dict(scale_factor=0.5), dict(scale_factor=(1.5, 0.5)), dict(scale_factor=1.3, keep_ratio=True)):
    add("resize", 1, dict(type="Resize", **options))
for mode in ("constant", "edge", "reflect", "symmetric"):
    for options in (
        dict(crop_size=5, padding=2),
        dict(crop_size=(4, 11), padding=(1, 3), pad_if_needed=True),
        dict(crop_size=5, padding=(1, 2, 3, 4)),
        dict(crop_size=(11, 9), pad_if_needed=True, pad_val=(1, 2, 3)),
        dict(crop_size=(7, 12)),
    ):
        add("crop", 1, dict(type="RandomCrop", padding_mode=mode, **{"pad_val": 9, **options}))
    for options in (dict(size=(10, 9)), dict(size_divisor=5), dict(pad_to_square=True), dict(pad_to_square=True, size_divisor=5)):
        add("pad", 1, dict(type="Pad", padding_mode=mode, pad_val=dict(img=(1, 2, 3)), **options))
    pad = dict(type="Pad", padding_mode=mode, pad_val=3)
    add("center", 1, dict(type="CenterCrop", crop_size=(10, 5), auto_pad=True, pad_cfg=pad))
    add("center", 1, dict(type="CenterCrop", crop_size=11, auto_pad=True, pad_cfg=pad))
for options in (dict(scale=6), dict(scale=(5, 4), interpolation="bicubic", backend="pillow"), dict(scale=5, max_attempts=0)):
    add("resized", 2, dict(type="RandomResizedCrop", **options), (20, 26))
for options in (dict(scale=6), dict(scale=5, min_covered=0.5), dict(scale=5, max_attempts=0)):
    add("resized", 2, dict(type="EfficientNetRandomCrop", backend="pillow", **options), (20, 26))
add("flip", 4, dict(type="RandomFlip", prob=[0.3, 0.3, 0.3], direction=["horizontal", "vertical", "diagonal"]))
parts = [dict(type="Invert", prob=0.7), dict(type="Cutout", shape=3)]
add("choice", 4, dict(type="RandomChoice", transforms=[[dict(type="RandomFlip", prob=0.5)], parts]))
add("apply", 3, dict(type="RandomApply", transforms=parts, prob=0.6))
for options in (
    dict(type="Rotate", angle=33.0, center=(2.0, 3.5), scale=1.5, interpolation="bilinear"),
    dict(type="Rotate", angle=10.0, pad_val=(1, 2, 3), scale=0.6),
    dict(type="Shear", magnitude=0.4, direction="vertical", interpolation="nearest"),
    dict(type="Translate", magnitude=0.5, direction="vertical"),
    dict(type="Posterize", magnitude_range=(8, -3), magnitude_level=9),
    dict(type="Cutout", shape=(3, 5), pad_val=(1, 2, 3)),
    dict(type="Cutout", magnitude_range=(0, 4), magnitude_level=7),
    dict(type="SolarizeAdd", magnitude=66.6, thr=100.5),
    dict(type="Brightness", magnitude=3.0),
    dict(type="Contrast", magnitude=-2.0),
    dict(type="Sharpness", magnitude=5.0),
    dict(type="ColorTransform", magnitude=5.0),
):
    add(options["type"].lower(), 1, dict(prob=1.0, **options))

lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(case, separators=(',', ':'))}" for name, case in cases.items())
sys.stdout.write("{\n" + lines + "\n}\n")
