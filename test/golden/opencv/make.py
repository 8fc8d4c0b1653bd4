"""Writes decoded.json: small images of many kinds, and what OpenCV's imread shows of them.

pip install opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy==2.4.6
python make.py > decoded.json
"""

import base64
import hashlib
import io
import json

import cv2
import numpy as np
from PIL import Image, ImageCms

noise = np.random.RandomState(0)
images = {}


def chart(width=29, height=19):
    """Waves, edges and noise: every shortcut of a decoder shows."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    red = 128 + 100 * np.sin(x / 5) + 20 * np.cos(y / 3)
    green = 128 + 90 * np.sin((x + y) / 7)
    blue = (x * 9 + y * 5) % 256
    pixels = np.stack([red, green, blue], -1) + noise.randint(-12, 13, (height, width, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def saved(pixels, kind, mode=None, **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.ascontiguousarray(pixels), mode)
    image.save(file, kind, **options)
    return file.getvalue()


def written(extension, pixels, *options):
    return cv2.imencode(extension, pixels, list(options))[1].tobytes()


def exif(orientation):
    data = Image.Exif()
    data[0x112] = orientation
    return data.tobytes()


colour = chart()
alpha = np.concatenate([colour, chart()[..., :1]], -1)
inks = np.array(Image.fromarray(colour).convert("CMYK"))
inks[..., 3] = chart()[..., 1] // 3
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR

for name, factor in [("4:4:4", 0x111111), ("4:2:2", 0x211111), ("4:2:0", 0x221111), ("4:4:0", 0x121111), ("4:1:1", 0x411111)]:
    images[f"JPEG {name}"] = written(".jpg", colour, sampling, factor, cv2.IMWRITE_JPEG_QUALITY, 88)
    images[f"progressive JPEG {name}"] = written(".jpg", colour, sampling, factor, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    images[f"JPEG {name} with restart markers"] = written(".jpg", colour, sampling, factor, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    for size in [(1, 1), (2, 2), (3, 1), (1, 3), (17, 13), (16, 16), (33, 7)]:
        images[f"JPEG {name} of {size[0]} x {size[1]}"] = written(".jpg", chart(*size), sampling, factor)
for quality in range(10, 101, 10):
    images[f"JPEG of quality {quality}"] = saved(colour, "JPEG", quality=quality)
images["grey JPEG"] = saved(colour[..., 0], "JPEG", quality=80)
images["grey progressive JPEG"] = saved(colour[..., 0], "JPEG", quality=80, progressive=True)
images["JPEG that stores RGB"] = saved(colour, "JPEG", quality=90, keep_rgb=True)
images["JPEG with a profile of sRGB"] = saved(colour, "JPEG", quality=90, icc_profile=srgb)
images["JPEG with a profile of another space"] = saved(colour, "JPEG", quality=90, icc_profile=lab)

cmyk = saved(inks, "JPEG", "CMYK", quality=90)
adobe = cmyk.index(b"\xff\xee\x00\x0eAdobe")
images["CMYK JPEG"] = cmyk
images["CMYK JPEG without Adobe's marker"] = cmyk[:adobe] + cmyk[adobe + 16 :]
images["YCCK JPEG"] = cmyk[: adobe + 15] + b"\x02" + cmyk[adobe + 16 :]
images["progressive CMYK JPEG"] = saved(inks, "JPEG", "CMYK", quality=75, progressive=True)
images["CMYK JPEG turned by EXIF"] = saved(inks, "JPEG", "CMYK", quality=90, exif=exif(6))
images["CMYK JPEG with a profile"] = saved(inks, "JPEG", "CMYK", quality=90, icc_profile=srgb)

for orientation in range(1, 9):
    images[f"JPEG, orientation {orientation}"] = saved(colour, "JPEG", quality=90, exif=exif(orientation))
    images[f"PNG, orientation {orientation}"] = saved(colour, "PNG", exif=exif(orientation))
    images[f"WebP, orientation {orientation}"] = saved(colour, "WEBP", lossless=True, exif=exif(orientation))

images["PNG"] = saved(colour, "PNG")
images["PNG with a profile"] = saved(colour, "PNG", icc_profile=srgb)
images["PNG with alpha"] = saved(alpha, "PNG")
images["grey PNG"] = saved(colour[..., 0], "PNG")
images["grey PNG with alpha"] = saved(colour[..., :2], "PNG", "LA")
images["16-bit PNG"] = written(".png", noise.randint(0, 65536, (19, 29, 3)).astype(np.uint16))
images["16-bit PNG with alpha"] = written(".png", noise.randint(0, 65536, (19, 29, 4)).astype(np.uint16))
images["16-bit grey PNG"] = written(".png", noise.randint(0, 65536, (19, 29)).astype(np.uint16))
images["palette PNG"] = saved(Image.fromarray(colour).quantize(200), "PNG")
images["palette PNG of 16 colours"] = saved(Image.fromarray(colour).quantize(12), "PNG", bits=4)
images["palette PNG with alpha"] = saved(Image.fromarray(colour).quantize(200), "PNG", transparency=bytes(range(200)))
images["1-bit PNG"] = saved(Image.fromarray(colour).convert("1"), "PNG")
images["animated PNG"] = saved(
    Image.fromarray(colour), "PNG", save_all=True, append_images=[Image.fromarray(255 - colour)]
)
images["lossless WebP with alpha"] = saved(alpha, "WEBP", lossless=True, exact=True)
images["lossy WebP"] = saved(colour, "WEBP", quality=80)
images["lossy WebP with alpha"] = saved(alpha, "WEBP", quality=80)
images["GIF"] = saved(Image.fromarray(colour).quantize(200), "GIF")
images["TIFF"] = saved(colour, "TIFF", compression="tiff_lzw")
images["grey TIFF"] = saved(colour[..., 0], "TIFF")
images["TIFF with a JPEG inside"] = saved(colour, "TIFF", compression="jpeg", quality=90)


def row(name, data):
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return {
        "name": name,
        "file": base64.b64encode(data).decode(),
        "height": seen.shape[0],
        "width": seen.shape[1],
        "sha256": hashlib.sha256(seen.tobytes()).hexdigest(),
        "row": base64.b64encode(seen[seen.shape[0] // 2].tobytes()).decode(),
    }


about = f"file: an image, in base64; sha256 and row: all pixels (uint8 BGR) and the middle row of cv2.imdecode(file, IMREAD_COLOR), OpenCV {cv2.__version__}"
rows = ",\n".join("    " + json.dumps(row(name, data)) for name, data in images.items())
print(f'{{\n  "_about": {json.dumps(about)},\n  "images": [\n{rows}\n  ]\n}}')
