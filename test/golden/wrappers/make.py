"""Writes wrapped.json: which samples mmengine's and mmpretrain's dataset wrappers show, in which order.

pip install mmengine==0.10.7 mmpretrain==1.2.0 torch==2.15.0 numpy==2.4.6
python make.py > wrapped.json
"""

import importlib.util
import json
import os
import sys
import types

import numpy as np
from mmengine.dataset import BaseDataset, ClassBalancedDataset, RepeatDataset
from mmengine.registry import DATASETS

# mmpretrain's own package wants mmcv and torchvision; its wrappers need none of them.
registry = types.ModuleType("mmpretrain.registry")
registry.DATASETS = DATASETS
sys.modules["mmpretrain.registry"] = registry
folder = importlib.util.find_spec("mmpretrain").submodule_search_locations[0]
spec = importlib.util.spec_from_file_location("wrappers", os.path.join(folder, "datasets", "dataset_wrappers.py"))
wrappers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wrappers)


@DATASETS.register_module()
class Ages(BaseDataset):
    """Samples 0, 1, ... with these labels."""

    METAINFO = {"classes": [str(month) for month in range(192)]}

    def __init__(self, labels, first=0):
        self.labels, self.first = labels, first
        super().__init__(pipeline=[])

    def load_data_list(self):
        return [{"sample": self.first + index, "gt_label": label} for index, label in enumerate(self.labels)]

    def get_cat_ids(self, idx):
        return [self.get_data_info(idx)["gt_label"]]


def seen(dataset):
    return [dataset.get_data_info(index)["sample"] for index in range(len(dataset))]


noise = np.random.RandomState(0)
cases = []
for labels in [[12] * 7 + [150], noise.randint(0, 6, 23).tolist(), (noise.exponential(20, 40).astype(int)).tolist()]:
    for threshold in [0.01, 0.1, 0.5, 1.0, 3.0]:
        keys = {"type": "ClassBalancedDataset", "oversample_thr": threshold}
        cases.append((labels, keys, seen(ClassBalancedDataset(Ages(labels), threshold))))
    cases.append((labels, {"type": "RepeatDataset", "times": 3}, seen(RepeatDataset(Ages(labels), 3))))
    for seed in [None, 0, 42]:
        for splits, fold in [(5, 0), (5, 4), (3, 1), (8, 7)]:
            for test_mode in [True, False]:
                keys = {"fold": fold, "num_splits": splits, "seed": seed, "test_mode": test_mode}
                fold_of = wrappers.KFoldDataset({"type": "Ages", "labels": labels}, **keys)
                cases.append((labels, {"type": "KFoldDataset", **keys}, seen(fold_of)))

about = "samples: positions in a dataset with these labels, as the wrapper with these keys goes through them; mmengine 0.10.7 (Repeat, ClassBalanced) and mmpretrain 1.2.0 (KFold)"
rows = ",\n".join("    " + json.dumps({"labels": a, "keys": b, "samples": c}) for a, b, c in cases)
print(f'{{\n  "_about": {json.dumps(about)},\n  "cases": [\n{rows}\n  ]\n}}')
