"""Writes odd.json: small images of kinds that decoders disagree about or refuse, and what OpenCV's imread shows of them.

pip install opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy==2.4.6
python make_odd.py > odd.json
"""

import base64
import io
import json
import os
import struct
import tempfile
import zlib

import cv2
import numpy as np
from PIL import Image

noise = np.random.RandomState(1)
images = {}


def chart(width=29, height=19):
    """Waves, edges and noise."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    pixels = np.stack([128 + 100 * np.sin(x / 5) + 20 * np.cos(y / 3), 128 + 90 * np.sin((x + y) / 7), (x * 9 + y * 5) % 256], -1)
    return np.clip(pixels + noise.randint(-12, 13, (height, width, 3)), 0, 255).astype(np.uint8)


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
picture = Image.fromarray(colour)
alpha = np.concatenate([colour, chart()[..., :1]], -1)
solid = np.concatenate([colour, np.full_like(colour[..., :1], 255)], -1)
deep = noise.randint(0, 65536, (19, 29, 3)).astype(np.uint16)

# JPEG
jpeg = saved(colour, "JPEG", quality=90)
frame = jpeg.index(b"\xff\xc0")
images["JPEG with bytes after its end"] = jpeg + b"and more" * 9
images["JPEG with fill bytes between its segments"] = jpeg[:frame] + b"\xff\xff\xff" + jpeg[frame:]
images["JPEG with stray bytes before its end"] = jpeg[:-2] + b"\0\1\2\3" + jpeg[-2:]
images["JPEG with a long comment"] = jpeg[:2] + b"\xff\xfe\xff\xff" + bytes(65533) + jpeg[2:]
images["JPEG with an application segment that ends early"] = jpeg[:2] + b"\xff\xee\0\7Adobe" + jpeg[2:]
images["JPEG with a broken EXIF segment"] = jpeg[:2] + b"\xff\xe1\0\x10Exif\0\0MM\0\x2a\xff\xff\xff\xff" + jpeg[2:]
for interval in [1, 3, 7]:
    images[f"JPEG restarting every {interval}"] = written(".jpg", colour, cv2.IMWRITE_JPEG_RST_INTERVAL, interval)
    images[f"progressive JPEG restarting every {interval}"] = written(".jpg", colour, cv2.IMWRITE_JPEG_RST_INTERVAL, interval, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
images["JPEG of quality 1"] = saved(colour, "JPEG", quality=1)
images["JPEG with tables of its own"] = saved(colour, "JPEG", qtables=[[1 + i % 40 for i in range(64)], [3 + i % 90 for i in range(64)]])
images["JPEG in several pictures (MPO)"] = saved(picture, "MPO", save_all=True, append_images=[Image.fromarray(255 - colour)])
images["grey JPEG turned by EXIF"] = saved(colour[..., 0], "JPEG", quality=90, exif=exif(5))
images["JPEG whose orientation is 9"] = saved(colour, "JPEG", quality=90, exif=exif(9))
images["JPEG with a wrong marker of restart"] = written(".jpg", colour, cv2.IMWRITE_JPEG_RST_INTERVAL, 2).replace(b"\xff\xd1", b"\xff\xd4", 1)
images["JPEG of 12 bits"] = jpeg[: frame + 4] + b"\x0c" + jpeg[frame + 5 :]
images["JPEG without a quantization table"] = jpeg.replace(b"\xff\xdb", b"\xff\xfe")
images["JPEG without Huffman tables"] = jpeg.replace(b"\xff\xc4", b"\xff\xfe")
images["JPEG that claims arithmetic coding"] = jpeg[:frame] + b"\xff\xc9" + jpeg[frame + 2 :]
images["JPEG that claims to be lossless"] = jpeg[:frame] + b"\xff\xc3" + jpeg[frame + 2 :]
images["JPEG of height 0"] = jpeg[: frame + 5] + b"\0\0" + jpeg[frame + 7 :]
images["JPEG of two components"] = jpeg[: frame + 2] + b"\0\x0e\x08" + jpeg[frame + 5 : frame + 9] + b"\2" + jpeg[frame + 10 : frame + 16] + jpeg[frame + 19 :]


# PNG
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, kind, rows, *more, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def adam7(pixels):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [pixels[y::dy, x::dx] for x, y, dx, dy in passes]
    return b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)


rows = b"".join(b"\0" + row.tobytes() for row in colour)
images["PNG in seven passes"] = png(29, 19, 8, 2, adam7(colour), interlace=1)
images["16-bit PNG in seven passes"] = png(29, 19, 16, 2, adam7(deep.astype(">u2")), interlace=1)
images["PNG with gamma and chromaticities"] = png(29, 19, 8, 2, rows, chunk(b"gAMA", struct.pack(">I", 100000)), chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)))
images["PNG with one transparent colour"] = png(29, 19, 8, 2, rows, chunk(b"tRNS", struct.pack(">3H", *[int(v) for v in colour[0, 0]])))
images["grey PNG with one transparent level"] = png(29, 19, 8, 0, b"".join(b"\0" + row.tobytes() for row in colour[..., 0]), chunk(b"tRNS", struct.pack(">H", int(colour[0, 0, 0]))))
for bits in [1, 2, 4]:
    levels = colour[..., 0] >> (8 - bits)
    packed = b"".join(b"\0" + np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits :].ravel()).tobytes() for row in levels)
    images[f"{bits}-bit grey PNG"] = png(29, 19, bits, 0, packed)
images["PNG whose orientation is 6, in a chunk before its pixels"] = saved(picture, "PNG", exif=exif(6))
images["PNG with bytes after its end"] = png(29, 19, 8, 2, rows) + b"more"
images["PNG with a wrong checksum"] = png(29, 19, 8, 2, rows).replace(b"IEND\xaeB`\x82", b"IEND\0\0\0\0")
images["PNG with a wrong checksum of its pixels"] = (lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])(png(29, 19, 8, 2, rows))
images["PNG with a palette shorter than its numbers"] = png(29, 19, 8, 3, b"".join(b"\0" + row.tobytes() for row in colour[..., 0]), chunk(b"PLTE", bytes(range(30))))
images["PNG without pixels"] = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 29, 19, 8, 2, 0, 0, 0)) + chunk(b"IEND", b"")
images["PNG of no width"] = png(0, 19, 8, 2, rows)

# GIF
quantized = picture.quantize(200)
images["GIF in passes"] = saved(quantized, "GIF", interlace=1)
images["GIF of 1989"] = saved(quantized, "GIF", comment=b"a comment")
images["GIF of two colours"] = saved(picture.convert("1"), "GIF")
images["GIF with transparent pixels"] = saved(quantized, "GIF", transparency=int(np.array(quantized)[0, 0]))
images["animated GIF"] = saved(quantized, "GIF", save_all=True, append_images=[Image.fromarray(255 - colour).quantize(200)], duration=100, loop=0)
gif = saved(quantized, "GIF")
images["GIF that is cut short"] = gif[:-60]
images["GIF whose frame is smaller than its screen"] = gif[:6] + struct.pack("<HH", 40, 30) + gif[10:]
images["GIF whose frame is larger than its screen"] = gif[:6] + struct.pack("<HH", 20, 10) + gif[10:]
images["GIF without frames"] = gif[:13 + 768] + b";"

# WebP
images["lossless WebP"] = saved(colour, "WEBP", lossless=True)
images["animated WebP"] = saved(picture, "WEBP", save_all=True, append_images=[Image.fromarray(255 - colour)], lossless=True)
images["WebP that is cut short"] = saved(colour, "WEBP", quality=80)[:-40]

# TIFF
for compression in ["raw", "packbits", "tiff_deflate", "tiff_adobe_deflate", "tiff_lzw"]:
    images[f"TIFF, {compression}"] = saved(colour, "TIFF", compression=compression)
images["16-bit TIFF"] = written(".tiff", deep)
images["16-bit grey TIFF"] = written(".tiff", deep[..., 0].copy())
images["TIFF with a palette"] = saved(quantized, "TIFF")
images["1-bit TIFF, fax group 4"] = saved(picture.convert("1"), "TIFF", compression="group4")
images["1-bit TIFF"] = saved(picture.convert("1"), "TIFF")
images["TIFF with opaque alpha"] = saved(solid, "TIFF")
images["TIFF with alpha"] = saved(alpha, "TIFF")
images["CMYK TIFF"] = saved(picture.convert("CMYK"), "TIFF")
images["big TIFF"] = saved(colour, "TIFF", big_tiff=True)
images["TIFF of two pages"] = saved(picture, "TIFF", save_all=True, append_images=[Image.fromarray(255 - colour)])
images["TIFF of floating numbers"] = written(".tiff", colour.astype(np.float32))
images["TIFF of 32-bit numbers"] = saved(Image.fromarray(colour[..., 0].astype(np.int32)), "TIFF")
images["TIFF of Lab"] = saved(Image.fromarray(colour, "LAB"), "TIFF")


def tiff(entries, pixels, order=">", parts=1):
    """A TIFF by hand, whose pixels are so many strips or tiles of equal size; entries are (tag, type, values)."""
    offsets = 324 if any(tag == 322 for tag, _, _ in entries) else 273
    counts = (325 if offsets == 324 else 279, 4, [len(pixels) // parts] * parts)
    every = sorted(entries + [counts, (offsets, 4, [0] * parts)])
    later_at = 8 + 2 + 12 * len(every) + 4
    pixels_at = later_at + sum(len(values) * {3: 2, 4: 4}[kind] for _, kind, values in every if len(values) * {3: 2, 4: 4}[kind] > 4)
    directory, later = b"", b""
    for tag, kind, values in every:
        if tag == offsets:
            values = [pixels_at + index * (len(pixels) // parts) for index in range(parts)]
        raw = struct.pack(order + {3: "H", 4: "I"}[kind] * len(values), *values)
        place = struct.pack(order + "I", later_at + len(later)) if len(raw) > 4 else raw.ljust(4, b"\0")
        later += raw if len(raw) > 4 else b""
        directory += struct.pack(order + "HHI", tag, kind, len(values)) + place
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "H", len(every)) + directory + struct.pack(order + "I", 0) + later + pixels


def plain(orientation=1, photometric=2):
    return [(256, 4, [29]), (257, 4, [19]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [photometric]), (274, 3, [orientation]), (277, 3, [3]), (278, 4, [19])]


for orientation in range(1, 9):
    images[f"TIFF, orientation {orientation}"] = tiff(plain(orientation), colour.tobytes(), "<")
images["TIFF, big-endian"] = tiff(plain(), colour.tobytes(), ">")
planes = np.ascontiguousarray(colour.transpose(2, 0, 1)).tobytes()
images["TIFF in planes"] = tiff(plain() + [(284, 3, [2])], planes, "<", 3)
tile = np.zeros((32, 32, 3), np.uint8)
tile[:19, :29] = colour
images["TIFF in a tile"] = tiff([e for e in plain() if e[0] != 278] + [(322, 4, [32]), (323, 4, [32])], tile.tobytes(), "<")
images["TIFF that is cut short"] = tiff(plain(), colour.tobytes(), "<")[:-300]
images["TIFF whose pages follow each other in a circle"] = (lambda data: data[: 8 + 2 + 12 * 10] + struct.pack("<I", 8) + data[8 + 2 + 12 * 10 + 4 :])(tiff(plain(), colour.tobytes(), "<"))

# AVIF
large = chart(64, 48)
for sampling in ["4:4:4", "4:2:2", "4:2:0", "4:0:0"]:
    images[f"AVIF {sampling}"] = saved(large, "AVIF", quality=95, subsampling=sampling)
images["AVIF 4:2:0 of bold colours"] = saved(np.kron(noise.randint(0, 2, (6, 8, 3)) * 255, np.ones((8, 8, 1))).astype(np.uint8), "AVIF", quality=100, subsampling="4:2:0")
images["AVIF with alpha"] = saved(np.concatenate([large, large[..., :1]], -1), "AVIF", quality=95, subsampling="4:4:4")
images["AVIF of 10 bits"] = written(".avif", (large.astype(np.uint16) * 4)[..., ::-1].copy(), cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 95)
for orientation in [3, 6, 8, 2]:
    images[f"AVIF, orientation {orientation}"] = saved(large, "AVIF", quality=95, subsampling="4:4:4", exif=exif(orientation))
images["AVIF that is cut short"] = saved(large, "AVIF", quality=95)[:-200]

# What is no photo, or of no format that petage reads
images["HEIC"] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
images["HEIC by its other name"] = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(200)
images["JPEG 2000"] = saved(colour, "JPEG2000")
images["JPEG XL"] = b"\xff\x0a" + bytes(100)
images["icon"] = saved(picture.resize((16, 16)), "ICO")
images["Targa"] = saved(colour, "TGA")
images["PCX"] = saved(colour, "PCX")
images["Radiance"] = written(".hdr", colour.astype(np.float32) / 255)
images["PAM"] = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + bytes(6)
images["PFM"] = b"PF\n2 1\n-1.0\n" + bytes(24)
images["SVG"] = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
images["text"] = b"not a photo at all, though its name ends in .jpg\n" * 4
images["zip archive"] = b"PK\x03\x04" + bytes(100)
images["nothing"] = b""
images["zeros"] = bytes(1000)
images["one byte"] = b"\xff"
for name in ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF", "BMP"]:
    data = saved(picture, name)
    images[f"the first 12 bytes of a {name}"] = data[:12]
    images[f"the first half of a {name}"] = data[: len(data) // 2]

# Bombs, of harmless size
images["PNG that claims 60,000 x 60,000"] = png(60000, 60000, 8, 2, bytes(1000))
images["JPEG that claims 65,500 x 65,500"] = jpeg[: frame + 5] + struct.pack(">HH", 65500, 65500) + jpeg[frame + 9 :]
images["GIF that claims 65,535 x 65,535"] = gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:]
images["WebP that claims 16,383 x 16,383"] = (lambda data, at: data[: at + 1] + struct.pack("<I", 16382 | 16382 << 14) + data[at + 5 :])(*(lambda data: (data, data.index(b"VP8L") + 8))(saved(colour, "WEBP", lossless=True)))
images["TIFF that claims 60,000 x 60,000"] = tiff([(256, 4, [60000]), (257, 4, [60000])] + plain()[2:], colour.tobytes(), "<")
images["BMP that claims 60,000 x 60,000"] = (lambda data: data[:18] + struct.pack("<ii", 60000, 60000) + data[26:])(saved(colour, "BMP"))
images["PPM that claims 60,000 x 60,000"] = b"P6 60000 60000 255\n" + bytes(100)


def shown(data):
    """What imread shows: of some bombs nothing within reason, so that they are not tried."""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "image")
    with open(path, "wb") as file:
        file.write(data)
    try:
        return cv2.imread(path, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    finally:
        os.remove(path)
        os.rmdir(folder)


def row(name, data):
    seen = None if "that claims 6" in name or "that claims 1" in name else shown(data)
    described = {"name": name, "file": base64.b64encode(zlib.compress(data, 9)).decode()}
    if seen is None:
        return described
    packed = base64.b64encode(zlib.compress(seen.tobytes(), 9)).decode()
    return {**described, "height": seen.shape[0], "width": seen.shape[1], "pixels": packed}


about = f"file: an image, deflated, in base64; pixels: uint8 BGR of cv2.imread(file, IMREAD_COLOR), deflated, in base64, where it shows any; OpenCV {cv2.__version__}"
lines = ",\n".join("    " + json.dumps(row(name, data)) for name, data in images.items())
print(f'{{\n  "_about": {json.dumps(about)},\n  "images": [\n{lines}\n  ]\n}}')
