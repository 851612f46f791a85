"""MoveNet Thunder as a top-down pose model of MMPose."""

default_scope = "mmpose"
custom_imports = dict(imports=["glagcn_cli.detection.movenet.registration"])

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True,
    ),
    backbone=dict(type="MoveNetBackbone"),
    neck=dict(type="MoveNetPyramid"),
    head=dict(type="MoveNetSinglePoseHead"),
    test_cfg=dict(flip_test=False),
)

test_dataloader = dict(
    batch_size=2,
    dataset=dict(
        type="CocoDataset",
        pipeline=[
            dict(type="LoadImage"),
            dict(type="GetBBoxCenterScale", padding=1.1),
            dict(type="TopdownAffine", input_size=(256, 256)),
            dict(type="PackPoseInputs"),
        ],
    ),
)
train_dataloader = test_dataloader  # where MMPose looks for the names of the joints
