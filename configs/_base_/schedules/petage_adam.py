# Adam as in the contest's code: 1000 epochs, the rate cut to a tenth after 100, 200 and 300.
# Used by: configs/resnet/resnet101_8xb32_petage.py, by `_base_`.
# The best epoch comes early (the author kept the seventh); stop when the validation error rises.

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = dict(
    type='MultiStepLR', by_epoch=True, milestones=[100, 200, 300], gamma=0.1)

train_cfg = dict(by_epoch=True, max_epochs=1000, val_interval=1)
val_cfg = dict()
test_cfg = dict()

# The rate is meant for 4 trainers x batch 32.
auto_scale_lr = dict(base_batch_size=128)
