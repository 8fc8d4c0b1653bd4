"""Unpacks what the binding needs of a TensorFlow wheel: unpack.py WHEEL FOLDER; prints the share done, 0 to 1."""

import os
import sys
import zipfile

LIBRARIES = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
INCLUDE = "tensorflow/include/"
HEADERS = tuple(INCLUDE + name for name in ("tensorflow/c/", "tensorflow/core/platform/ctstring", "xla/tsl/", "tsl/"))
PIECE_BYTES = 16 << 20


def place(name):
    """The path within FOLDER, or None for what is not needed."""
    if name in LIBRARIES:
        return "lib/" + os.path.basename(name)
    if name.startswith(HEADERS) and ".." not in name:
        return "include/" + name[len(INCLUDE) :]
    return None


def main(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        wanted = [entry for entry in archive.infolist() if place(entry.filename) and not entry.is_dir()]
        total = sum(entry.file_size for entry in wanted)
        done = 0
        for entry in wanted:
            path = os.path.join(folder, place(entry.filename))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(entry) as source, open(path, "wb") as target:
                while piece := source.read(PIECE_BYTES):
                    target.write(piece)
                    done += len(piece)
                    if len(piece) == PIECE_BYTES:
                        print(done / total, flush=True)


main(*sys.argv[1:])
