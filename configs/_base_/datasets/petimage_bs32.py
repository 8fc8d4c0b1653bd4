# Photos of pets labelled with their age in whole months, 224 x 224, batch 32 on each trainer.
# Used by: configs/resnet/*_petage*.py, by `_base_`.
# Data:    data/petimage/{train,val,test}/ and data/petimage/meta/{train,val,test}.txt, one `NAME<TAB>MONTHS` a line.

dataset_type = 'CustomDataset'
data_root = 'data/petimage'

# A class is an age: 0 to 191 months, that is up to sixteen years.
num_classes = 192
classid = [str(month) for month in range(num_classes)]

# Means and deviations are in RGB order, which `to_rgb` turns the BGR images into first.
data_preprocessor = dict(
    num_classes=num_classes,
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='RandomResizedCrop', scale=224),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='PackInputs'),
]

test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='meta/train.txt',
        data_prefix='train',
        classes=classid,
        with_label=True,
        pipeline=train_pipeline,
    ),
    sampler=dict(type='DefaultSampler', shuffle=True),
)

val_dataloader = dict(
    batch_size=32,
    num_workers=8,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='meta/val.txt',
        data_prefix='val',
        classes=classid,
        with_label=True,
        pipeline=test_pipeline,
    ),
    sampler=dict(type='DefaultSampler', shuffle=False),
)
# Errors in months. topk only names the figure that the contest's code reports (accuracy/top10).
val_evaluator = dict(type='self_Accuracy', topk=(10, ))

test_dataloader = dict(
    batch_size=32,
    num_workers=8,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='meta/test.txt',
        data_prefix='test',
        classes=classid,
        with_label=True,
        pipeline=test_pipeline,
    ),
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_evaluator = val_evaluator
