# A small pet-age model that trains in minutes without a GPU, on drawn pets.
# Command:  petage dataset synth --out data/petimage --count 1200 --seed 0
#           petage train configs/resnet/resnet18_petage_quickstart.py --nproc 2
# Expected: a mean absolute error of at most half that of always answering the median age.
_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/petimage_bs32.py',
    '../_base_/schedules/petage_adam.py',
    '../_base_/default_runtime.py',
]

image_size = 64
max_epochs = 12
warmup_epochs = 1

# Half the channels of ResNet-18: a quarter of the arithmetic, enough for drawn pets.
model = dict(
    backbone=dict(stem_channels=32, base_channels=32),
    head=dict(
        num_classes=192,
        in_channels=256,
        loss=dict(
            _delete_=True, type='GaussSmoothLoss', std=2, num_samples=11),
        topk=(10, ),
    ))

train_pipeline = [
    dict(type='LoadImageFromFile'),
    # Size tells age here, so crops keep most of the picture.
    dict(
        type='RandomResizedCrop',
        scale=image_size,
        crop_ratio_range=(0.8, 1.0)),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='PackInputs'),
]

test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=image_size, edge='short'),
    dict(type='CenterCrop', crop_size=image_size),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    num_workers=1, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=1, dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(num_workers=1, dataset=dict(pipeline=test_pipeline))

optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-3, weight_decay=0.05))

# A linear warm-up, then half a cosine down to a hundredth of the rate; both step with every iteration.
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        by_epoch=True,
        begin=0,
        end=warmup_epochs,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        T_max=max_epochs - warmup_epochs,
        eta_min_ratio=0.01,
        by_epoch=True,
        begin=warmup_epochs,
        end=max_epochs,
        convert_to_iter_based=True),
]

train_cfg = dict(max_epochs=max_epochs)

val_evaluator = dict(_delete_=True, type='PetAgeMAE')
test_evaluator = val_evaluator

default_hooks = dict(
    logger=dict(interval=5),
    checkpoint=dict(
        max_keep_ckpts=2, save_best='petage/mae_median', rule='less'))

randomness = dict(seed=0, deterministic=True)
