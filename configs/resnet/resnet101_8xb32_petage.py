# Age of a pet in months: ResNet-101 from ImageNet weights, of which the last stage and the head train.
# Command:  petage train configs/resnet/resnet101_8xb32_petage.py --nproc 4
# Expected: a mean absolute error of 20 to 21 months on the contest's validation set is good; a constant gives 27.8.
# Data:     as in _base_/datasets/petimage_bs32.py.
# Weights:  put mmpretrain's resnet101_8xb32_in1k checkpoint where `checkpoint` below names it.
_base_ = [
    '../_base_/models/resnet101.py',
    '../_base_/datasets/petimage_bs32.py',
    '../_base_/schedules/petage_adam.py',
    '../_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        # The stem and stages 1 to 3 keep their weights and their batch statistics.
        frozen_stages=3,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/resnet101_8xb32_in1k_20210831-539c63f8.pth',
            prefix='backbone',
        ),
    ),
    head=dict(
        num_classes=192,
        # The label is a bell over its neighbouring months: two off is nearly right, forty off is not.
        loss=dict(
            type='GaussSmoothLoss',
            std=2,
            num_samples=11,
            loss_weight=1.0,
            reduction='mean',
        ),
        topk=(10, ),
    ),
)

default_hooks = dict(
    checkpoint=dict(
        max_keep_ckpts=3,
        # Months of error: less is better.
        save_best='accuracy/top10',
        rule='less',
    ))
