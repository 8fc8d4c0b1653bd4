"""Writes decoded.json: small images of many kinds, and what OpenCV's imread shows of them.

pip install opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy==2.4.6
python make.py > decoded.json
"""

import base64
import hashlib
import io
import json
import struct
import tempfile

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



def bitmap(rows, bits, *, header=40, height=None, compression=0, palette=b"", masks=b"", gap=b"", width=None):
    """A BMP by hand: rows are its bytes as they lie in the file, unpadded, or all of them for a packed one."""
    if isinstance(rows, list):
        height = height or len(rows)
        rows = b"".join(one + bytes(-len(one) % 4) for one in rows)
    width = width or 29
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        colours = len(palette) // 4
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(rows), 0, 0, colours, 0)
        info += masks.ljust(header - 40, b"\0") if header > 40 else masks
    start = 14 + len(info) + len(palette) + len(gap)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + info + palette + gap + rows


def masks(*values):
    return struct.pack(f"<{len(values)}I", *values)


bgr = [row.tobytes() for row in colour[::-1, :, ::-1]]
bgra = [row.tobytes() for row in alpha[::-1, :, [2, 1, 0, 3]]]
words = [row.tobytes() for row in noise.randint(0, 65536, (19, 29)).astype("<u2")]
greys = bytes(value for grey in range(256) for value in (grey, grey, grey, 0))
colours = noise.randint(0, 256, 1024).astype(np.uint8).tobytes()
indices = noise.randint(0, 256, (19, 29)).astype(np.uint8)
bytes8 = [row.tobytes() for row in indices]
bytes4 = [row.tobytes() for row in indices[:, :15]]
bytes1 = [row.tobytes() for row in indices[:, :4]]
images["BMP of OpenCV"] = written(".bmp", colour)
images["grey BMP of OpenCV"] = written(".bmp", colour[..., 0])
images["BMP of OpenCV with alpha"] = written(".bmp", alpha)
for kind in ["1", "L", "P", "RGB", "RGBA"]:
    images[f"BMP of Pillow, mode {kind}"] = saved(Image.fromarray(alpha).convert("RGB").convert(kind), "BMP")
images["24-bit BMP, from the bottom"] = bitmap(bgr, 24)
images["24-bit BMP, from the top"] = bitmap(bgr, 24, height=-19)
images["24-bit BMP with a gap before its pixels"] = bitmap(bgr, 24, gap=bytes(7))
images["24-bit BMP with a palette that it does not use"] = bitmap(bgr, 24, palette=colours[:64])
images["24-bit BMP of OS/2"] = bitmap(bgr, 24, header=12)
images["24-bit BMP of one pixel"] = bitmap([bgr[0][:3]], 24, width=1)
images["32-bit BMP"] = bitmap(bgra, 32)
images["32-bit BMP, from the top"] = bitmap(bgra, 32, height=-19)
for header in [40, 56, 124]:
    name = f"BMP with a header of {header} bytes"
    images[f"24-bit {name}"] = bitmap(bgr, 24, header=header)
    images[f"32-bit {name}"] = bitmap(bgra, 32, header=header, compression=3, masks=masks(0xFF0000, 0xFF00, 0xFF, 0xFF000000)[: max(12, min(16, header - 40))])
    images[f"32-bit {name}, red last"] = bitmap(bgra, 32, header=header, compression=3, masks=masks(0xFF, 0xFF00, 0xFF0000, 0xFF000000)[: max(12, min(16, header - 40))])
images["32-bit BMP with alpha first"] = bitmap(bgra, 32, header=108, compression=3, masks=masks(0xFF000000, 0xFF0000, 0xFF00, 0xFF))
images["32-bit BMP of ten bits a colour"] = bitmap(bgra, 32, header=108, compression=3, masks=masks(0x3FF00000, 0xFFC00, 0x3FF, 0))
images["16-bit BMP"] = bitmap(words, 16)
images["16-bit BMP, 5-6-5"] = bitmap(words, 16, compression=3, masks=masks(0xF800, 0x7E0, 0x1F))
images["16-bit BMP, 5-5-5 by its masks"] = bitmap(words, 16, compression=3, masks=masks(0x7C00, 0x3E0, 0x1F))
images["8-bit BMP"] = bitmap(bytes8, 8, palette=colours)
images["8-bit grey BMP"] = bitmap(bytes8, 8, palette=greys)
images["8-bit BMP, from the top"] = bitmap(bytes8, 8, palette=colours, height=-19)
images["8-bit BMP with few colours, and numbers beyond them"] = bitmap(bytes8, 8, palette=colours[:400])
images["8-bit BMP of OS/2"] = bitmap(bytes8, 8, header=12, palette=colours[:768])
images["4-bit BMP"] = bitmap(bytes4, 4, palette=colours[:64])
images["4-bit BMP with few colours, and numbers beyond them"] = bitmap(bytes4, 4, palette=colours[:28])
images["1-bit BMP"] = bitmap(bytes1, 1, palette=colours[:8])
images["1-bit BMP from white to black"] = bitmap(bytes1, 1, palette=b"\xff\xff\xff\0\0\0\0\0")

runs8 = b"".join(bytes([9, row, 0, 5, 1, 2, 3, 4, 5, 0, 15, 60 + row, 0, 0]) for row in range(19))
runs4 = b"".join(bytes([9, 0x12 + row, 0, 5, 0x12, 0x34, 0x50, 0, 15, 0x40 + row, 0, 0]) for row in range(19))
images["8-bit BMP in runs"] = bitmap(runs8 + b"\0\1", 8, compression=1, palette=colours, height=19)
images["8-bit BMP in runs, with jumps"] = bitmap(bytes([9, 70, 0, 2, 4, 3, 9, 71, 0, 0, 5, 9, 0, 2, 0, 2, 3, 3, 0, 1]), 8, compression=1, palette=colours, height=19)
images["8-bit BMP in runs that end early"] = bitmap(runs8[:40] + b"\0\1", 8, compression=1, palette=colours, height=19)
images["8-bit BMP in runs, one to the edge"] = bitmap(bytes([29, 5, 0, 0] * 19 + [0, 1]), 8, compression=1, palette=colours, height=19)
images["8-bit BMP in runs without line ends"] = bitmap(bytes([29, 5] * 19 + [0, 1]), 8, compression=1, palette=colours, height=19)
images["8-bit BMP in runs over the edge"] = bitmap(bytes([40, 5, 0, 0] * 19 + [0, 1]), 8, compression=1, palette=colours, height=19)
images["4-bit BMP in runs"] = bitmap(runs4 + b"\0\1", 4, compression=2, palette=colours[:64], height=19)
images["BMP that is cut short"] = bitmap(bgr, 24)[:-1]
images["8-bit BMP in runs that are cut short"] = bitmap(runs8[:60], 8, compression=1, palette=colours, height=19)

for extension, pixels in [(".pbm", colour[..., 0]), (".pgm", colour[..., 0]), (".ppm", colour)]:
    images[f"{extension} of OpenCV"] = written(extension, pixels, cv2.IMWRITE_PXM_BINARY, 1)
    images[f"{extension} of OpenCV, as text"] = written(extension, pixels, cv2.IMWRITE_PXM_BINARY, 0)
images["16-bit .pgm of OpenCV"] = written(".pgm", indices.astype(np.uint16) * 256 + 17)
images["16-bit .ppm of OpenCV"] = written(".ppm", noise.randint(0, 65536, (19, 29, 3)).astype(np.uint16))
raw = indices.tobytes()
packed = np.packbits(indices & 1, axis=1).tobytes()
text = " ".join(str(value) for value in indices.ravel()) + "\n"
images["P1 without blanks"] = b"P1 29 19\n" + "".join(str(value & 1) for value in indices.ravel()).encode()
images["P2 of 10 bits"] = b"P2 29 19 1023\n" + " ".join(str(value * 4 + 3) for value in indices.ravel()).encode() + b"\n"
images["P2 with comments"] = b"P2\n# made by hand\n29 19 # size\n255\n# pixels\n" + text.encode()
images["P2 of 7 levels, and more"] = b"P2 29 19 100\n" + text.encode()
images["P4"] = b"P4\n29 19\n" + packed
images["P4 with comments"] = b"P4\n#a\n#b\n29 #c\n19\n" + packed
images["P5 with comments"] = b"P5\n# made by hand\n29 19\n# depth\n255\n" + raw
images["P5 of 101 levels, and more"] = b"P5 29 19 100\n" + raw
images["P5 of 16 levels"] = b"P5 29 19 15\n" + (indices & 15).tobytes()
images["P5 of 10 bits"] = b"P5 29 19 1023\n" + (indices.astype(">u2") * 4 + 1).astype(">u2").tobytes()
images["P6"] = b"P6\r29\t19\n255\n" + colour.tobytes()
images["P6 of 101 levels, and more"] = b"P6 29 19 100\n" + colour.tobytes()
images["P6 of 10 bits"] = b"P6 29 19 1023\n" + (colour.astype(">u2") * 4 + 1).astype(">u2").tobytes()
images["P6 with more bytes than pixels"] = b"P6 29 19 255\n" + colour.tobytes() + b"end"
images["P6 that is cut short"] = b"P6 29 19 255\n" + colour.tobytes()[:-1]
images["P2 that is cut short"] = b"P2 29 19 255\n" + text[:-21].encode()

for name, full in [("JPEG", written(".jpg", chart(60, 50))), ("progressive JPEG", written(".jpg", chart(60, 50), cv2.IMWRITE_JPEG_PROGRESSIVE, 1))]:
    for cut in [1, 2, 3, 40, 700]:
        images[f"{name} that lacks its last {cut} bytes"] = full[:-cut]
images["CMYK JPEG that lacks its last 40 bytes"] = cmyk[:-40]
images["JPEG of orientation 6 that lacks its last 40 bytes"] = saved(colour, "JPEG", quality=90, exif=exif(6))[:-40]


def shown(data):
    """What imread shows. imdecode refuses a JPEG that lacks its end; else the two agree."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return cv2.imread(file.name, cv2.IMREAD_COLOR)


def row(name, data):
    seen = shown(data)
    if seen is None:
        return {"name": name, "file": base64.b64encode(data).decode(), "refused": True}
    return {
        "name": name,
        "file": base64.b64encode(data).decode(),
        "height": seen.shape[0],
        "width": seen.shape[1],
        "sha256": hashlib.sha256(seen.tobytes()).hexdigest(),
        "row": base64.b64encode(seen[seen.shape[0] // 2].tobytes()).decode(),
    }


about = f"file: an image, in base64; sha256 and row: all pixels (uint8 BGR) and the middle row of cv2.imread(file, IMREAD_COLOR); refused: it shows nothing, OpenCV {cv2.__version__}"
rows = ",\n".join("    " + json.dumps(row(name, data)) for name, data in images.items())
print(f'{{\n  "_about": {json.dumps(about)},\n  "images": [\n{rows}\n  ]\n}}')
