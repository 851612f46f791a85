"""BlazePose as a top-down pose model of MMPose; its checkpoint names the points."""

default_scope = "mmpose"
custom_imports = dict(imports=["glagcn_cli.detection.blazepose.registration"])

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[0.0, 0.0, 0.0],
        std=[255.0, 255.0, 255.0],
        bgr_to_rgb=True,
    ),
    backbone=dict(type="BlazePoseBackbone"),
    head=dict(type="BlazePosePointsHead"),
    test_cfg=dict(flip_test=False),
)

test_dataloader = dict(
    batch_size=2,
    dataset=dict(
        type="CocoDataset",
        pipeline=[
            dict(type="LoadImage"),
            dict(type="GetBBoxCenterScale", padding=1.25),
            dict(type="TopdownAffine", input_size=(256, 256)),
            dict(type="PackPoseInputs"),
        ],
    ),
)
