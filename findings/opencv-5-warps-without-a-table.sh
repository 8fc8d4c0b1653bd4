#!/usr/bin/env bash
# cv2.warpAffine of OpenCV 5 gives other pixels than that of OpenCV 4 for one and the same call.
#
# Guess: warpAffine with INTER_LINEAR is computed as it always was: places are cut to 1/32 of a pixel, and weights come from
# a table, so that augmented photos are the same under opencv-python 4 and 5.
# Seen with opencv-python-headless 4.12.0.88 and 5.0.0.93, numpy 2.2.6: an image moved by 1/64 of a pixel stays as it is in
# 4.12 (which rounds the move to nothing) and moves in 5.0; a rotation by 10 degrees differs in a tenth of all pixels or
# more. INTER_LANCZOS4 is still the table's: equal in both. Numbers of one version are no truth for the other.
#
# Prints what it saw; fails if that has changed. Needs Python 3.10 or newer with venv, and a package index.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >warp.py <<'SCRIPT'
import sys
import cv2
import numpy

y, x = numpy.mgrid[0:64, 0:64]
image = ((x * 37 + y * 91 + x * y) % 256).astype(numpy.uint8)
move = numpy.float64([[1, 0, 1 / 64], [0, 1, 0]])
turn = cv2.getRotationMatrix2D((31.5, 31.5), 10, 1)
for name, matrix, flags in [
    ("move", move, cv2.INTER_LINEAR),
    ("turn", turn, cv2.INTER_LINEAR),
    ("lanczos", turn, cv2.INTER_LANCZOS4),
]:
    numpy.save(f"{sys.argv[1]}-{name}.npy", cv2.warpAffine(image, matrix, (64, 64), flags=flags))
numpy.save("image.npy", image)
SCRIPT
for version in 4.12.0.88 5.0.0.93; do
  python3 -m venv "venv-$version"
  "venv-$version/bin/pip" install --quiet --disable-pip-version-check "opencv-python-headless==$version" numpy==2.2.6
  "venv-$version/bin/python" warp.py "${version%%.*}"
done
venv-5.0.0.93/bin/python - <<'SCRIPT'
import numpy

image = numpy.load("image.npy")
four, five = ({name: numpy.load(f"{major}-{name}.npy") for name in ("move", "turn", "lanczos")} for major in (4, 5))
moved = [int((pixels["move"] != image).sum()) for pixels in (four, five)]
turned = float((four["turn"] != five["turn"]).mean())
lanczos = int((four["lanczos"] != five["lanczos"]).sum())
print(f"moved by 1/64: {moved[0]} pixels change in 4, {moved[1]} in 5; turned: {turned:.0%} differ; Lanczos: {lanczos}")
assert moved[0] == 0 and moved[1] > image.size / 10
assert turned > 0.1
assert lanczos == 0
SCRIPT
echo "as described"
