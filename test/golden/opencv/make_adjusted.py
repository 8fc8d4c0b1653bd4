"""Makes adjusted.json: what OpenCV, Pillow and mmcv make of images by what transforms do to pixels.

    pip install opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy==2.4.6 mmcv-lite==2.2.0 mmengine==0.10.7
    python make_adjusted.py > adjusted.json

The images are made by a formula, which test/lib/data/adjusted-golden.test.ts knows, too. Sizes are odd, down to one
pixel, and as wide as OpenCV's vectors are long; magnitudes go beyond what configs ask for. Needs a processor with AVX2:
OpenCV rounds otherwise without.
"""
import base64
import json
import sys
import warnings

import cv2
import mmcv
import numpy as np
from PIL import Image, ImageFilter

warnings.filterwarnings("ignore")

BORDER = (104, 116, 124)
WARPS = ("nearest", "bilinear", "bicubic", "area", "lanczos")
FACTORS = (-0.5, 0.0, 0.37, 1.0, 1.9, 7.0)


def image(height, width, channels, kind):
    index = np.arange(height * width * channels, dtype=np.uint64)
    mixed = (index * 2654435761 + 12345) % 2**32
    mixed = (mixed ^ (mixed >> 15)) * 2246822507 % 2**32
    value = (mixed ^ (mixed >> 13)) % 256
    if kind == "dim":
        value = value // 8 + 90
    if kind == "flat":
        value = 200 + index % channels
    return value.astype(np.uint8).reshape(height, width, channels)


def warps(height, width):
    for interpolation in WARPS:
        common = dict(interpolation=interpolation, border=BORDER)
        for angle in (-30.0, 7.5, 45.0, 90.0, 180.0, 211.0):
            yield "imrotate", dict(angle=angle, **common)
        for direction in ("horizontal", "vertical"):
            for magnitude in (-0.3, 0.25, 0.5, 1.7):
                yield "imshear", dict(magnitude=magnitude, direction=direction, **common)
            for offset in (-2.5, 0.5, 3.3, -2.0 * max(height, width)):
                yield "imtranslate", dict(offset=offset, direction=direction, **common)


def colours():
    for backend in ("cv2", "pillow"):
        for factor in FACTORS:
            yield "adjust_brightness", dict(factor=factor, backend=backend)
            yield "adjust_contrast", dict(factor=factor, backend=backend)
            yield "adjust_color", dict(alpha=factor, backend=backend)
        for factor in (0.0, 0.1, 0.25, 0.5):
            yield "adjust_hue", dict(factor=factor, backend=backend)


def filters():
    for factor in FACTORS:
        yield "adjust_sharpness", dict(factor=factor)
    for radius in (0.0, 0.01, 0.3, 1.0, 2.7, 30.0):
        yield "gaussian_blur", dict(radius=radius)
    yield "auto_contrast", {}
    yield "equalize", {}


def run(op, params, pixels):
    if op == "gaussian_blur":
        return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(params["radius"])))
    if op == "adjust_hue":
        return mmcv.adjust_hue(pixels, params["factor"], backend=params["backend"])
    if op in ("imrotate", "imshear", "imtranslate"):
        amount = params.get("angle", params.get("magnitude", params.get("offset")))
        border = params["border"] if pixels.shape[2] == 3 else params["border"][:1]
        extra = dict(border_value=tuple(border), interpolation=params["interpolation"])
        if op != "imrotate":
            extra["direction"] = params["direction"]
        return getattr(mmcv, op)(pixels, amount, **extra)
    return getattr(mmcv, op if op != "equalize" else "imequalize")(pixels, **params)


def case(op, params, shape, kind):
    out = np.ascontiguousarray(run(op, params, image(*shape, kind))).astype(np.uint8).tobytes()
    return dict(op=op, shape=shape, kind=kind, params=params, out=base64.b64encode(out).decode())


def cases():
    for shape in ((1, 1, 3), (2, 9, 3), (9, 2, 1), (7, 37, 3)):
        for number, (op, params) in enumerate(warps(*shape[:2])):
            if shape[0] == 7 or number % 3 == 0:
                yield case(op, params, shape, "noise")
    for shape, kind in (((1, 1, 3), "noise"), ((1, 8, 3), "dim"), ((5, 1, 3), "noise"), ((9, 17, 3), "noise"), ((9, 17, 3), "dim"), ((3, 3, 3), "flat")):
        for op, params in (*colours(), *filters()):
            yield case(op, params, shape, kind)


lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases())
sys.stdout.write('{"cases":[\n' + lines + "\n]}\n")
