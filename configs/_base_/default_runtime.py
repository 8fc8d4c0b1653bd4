# What every run shares: hooks, logging, where to start from.
# Used by: the configs beside this folder, by `_base_`.

# Names in `type` are looked up among petage's components; mmpretrain needs this line to do the same.
default_scope = 'mmpretrain'

default_hooks = dict(
    # Times each iteration and how long it waited for data.
    timer=dict(type='IterTimerHook'),
    # Writes a line every so many iterations.
    logger=dict(type='LoggerHook', interval=100),
    # Moves the learning rate along its schedule.
    param_scheduler=dict(type='ParamSchedulerHook'),
    # Saves a checkpoint after every epoch.
    checkpoint=dict(type='CheckpointHook', interval=1),
    # Gives each epoch its own order of samples.
    sampler_seed=dict(type='DistSamplerSeedHook'),
    # Draws validation results; off.
    visualization=dict(type='VisualizationHook', enable=False),
)

# Read by mmpretrain only; petage sets its processes up by itself.
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='UniversalVisualizer', vis_backends=vis_backends)

log_level = 'INFO'

# A checkpoint to start the weights from, and whether to continue its run.
load_from = None
resume = False

# seed=None means 0: a run can always be repeated.
randomness = dict(seed=None, deterministic=False)
