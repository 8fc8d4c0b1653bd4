"""Writes orders.json: lists that NumPy's default generator has shuffled.

pip install numpy==2.4.6
python make.py > orders.json
"""

import hashlib
import json

import numpy as np

cases = []
for seed in [0, 1, 42, 2023, 2**31, 2**32 - 1, 2**32, 2**53 - 1]:
    for count in [0, 1, 2, 3, 10, 97, 1000]:
        order = list(range(count))
        np.random.default_rng(seed).shuffle(order)
        digest = hashlib.sha256(json.dumps(order, separators=(",", ":")).encode()).hexdigest()
        cases.append({"seed": seed, "count": count, "first": order[:12], "sha256": digest})
about = f"first and sha256 (of the JSON without blanks): list(range(count)) after numpy.random.default_rng(seed).shuffle, NumPy {np.__version__}"
rows = ",\n".join("    " + json.dumps(case) for case in cases)
print(f'{{\n  "_about": {json.dumps(about)},\n  "cases": [\n{rows}\n  ]\n}}')
