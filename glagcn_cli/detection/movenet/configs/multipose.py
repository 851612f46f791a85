"""MoveNet MultiPose Lightning as a person detector of MMDet."""

default_scope = "mmdet"
custom_imports = dict(imports=["glagcn_cli.detection.movenet.registration"])

model = dict(
    type="MoveNetDetector",
    data_preprocessor=dict(
        type="DetDataPreprocessor",
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True,
        pad_size_divisor=32,
        pad_value=-1,  # black, after normalising
    ),
    backbone=dict(type="MoveNetBackbone", width=1.5),
    neck=dict(type="MoveNetPyramid", width=1.5),
    head=dict(type="MoveNetMultiPoseHead"),
    test_cfg=dict(score_thr=0.15, iou_threshold=0.65),
)

test_dataloader = dict(
    batch_size=1,
    dataset=dict(
        type="CocoDataset",
        metainfo=dict(classes=("person",), palette=[(220, 20, 60)]),
        pipeline=[
            dict(type="LoadImageFromFile"),
            # A person who fills the image is still seen at this height, and not at a larger one.
            dict(type="mmdet.ResizeToFit", width=512, height=288),
            dict(
                type="mmdet.PackDetInputs",
                meta_keys=("img_id", "img_path", "ori_shape", "img_shape", "scale_factor"),
            ),
        ],
    ),
)
