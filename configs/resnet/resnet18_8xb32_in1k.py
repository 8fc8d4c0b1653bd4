# ResNet-18 on ImageNet-1k from scratch: 8 trainers x batch 32, SGD, 100 epochs.
# Command:  petage train configs/resnet/resnet18_8xb32_in1k.py --nproc 8
# Expected: top-1 accuracy of 69.90 % as published for this recipe (mmpretrain's model zoo); not run by us.
# Data:     data/imagenet/train/<class>/*, data/imagenet/val/* and data/imagenet/meta/val.txt.
_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/imagenet_bs32.py',
    '../_base_/schedules/imagenet_bs256.py',
    '../_base_/default_runtime.py',
]
