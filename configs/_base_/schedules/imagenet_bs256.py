# SGD for 100 epochs at a total batch of 256, the rate cut to a tenth after 30, 60 and 90.
# Used by: configs/resnet/*_in1k.py, by `_base_`.

optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.0001))

param_scheduler = dict(
    type='MultiStepLR', by_epoch=True, milestones=[30, 60, 90], gamma=0.1)

train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=1)
val_cfg = dict()
test_cfg = dict()

# With auto_scale_lr.enable=True (or --auto-scale-lr) the rate follows the real total batch.
auto_scale_lr = dict(base_batch_size=256)
