#!/usr/bin/env bash
# Image.resize of Pillow 13 gives other pixels than that of Pillow 12 where the height shrinks far more than the width.
#
# Guess: Pillow resizes the width first, then the height, as it always has, so that a preprocessing with Pillow gives the
# same bytes under both.
# Seen with Pillow 12.3.0 and 13.0.0, numpy 2.2.6: 50 x 200 pixels to 40 x 20 differ in a fifth of their values (each pass rounds
# to bytes, and the passes have changed places); 200 x 50 to 20 x 40, the same lying down, are equal. By trying sizes, the
# height comes first where it shrinks by more than twice as many pixels as the width does.
#
# Prints what it saw; fails if that has changed. Needs Python 3.10 or newer with venv, and a package index.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >resize.py <<'SCRIPT'
import sys
import numpy
from PIL import Image

for name, (width, height), size in [("tall", (50, 200), (40, 20)), ("wide", (200, 50), (20, 40))]:
    y, x = numpy.mgrid[0:height, 0:width]
    image = ((x * 37 + y * 91 + x * y) % 256).astype(numpy.uint8)
    numpy.save(f"{sys.argv[1]}-{name}.npy", numpy.asarray(Image.fromarray(image).resize(size, Image.LANCZOS)))
SCRIPT
for version in 12.3.0 13.0.0; do
  python3 -m venv "venv-$version"
  "venv-$version/bin/pip" install --quiet --disable-pip-version-check "pillow==$version" numpy==2.2.6
  "venv-$version/bin/python" resize.py "$version"
done
venv-13.0.0/bin/python - <<'SCRIPT'
import numpy

counts = {}
for name in ("tall", "wide"):
    old, new = (numpy.load(f"{version}-{name}.npy").astype(int) for version in ("12.3.0", "13.0.0"))
    counts[name] = int((old != new).sum())
    print(f"{name}: {counts[name]} of {old.size} values differ, by up to {abs(old - new).max()}")
assert counts["tall"] > 20, "Pillow 13 gives Pillow 12's pixels now"
assert counts["wide"] == 0, "they differ where the width shrinks more, too"
SCRIPT
echo "as described"
