"""RTMDet-nano as a person detector of MMDet, its batch norms folded into its convolutions."""

default_scope = "mmdet"

_silu = dict(type="SiLU", inplace=True)

model = dict(
    type="RTMDet",
    data_preprocessor=dict(
        type="DetDataPreprocessor",
        mean=[103.53, 116.28, 123.675],  # blue, green, red
        std=[57.375, 57.12, 58.395],
        bgr_to_rgb=False,
    ),
    backbone=dict(
        type="CSPNeXt",
        arch="P5",
        expand_ratio=0.5,
        deepen_factor=0.33,
        widen_factor=0.25,
        channel_attention=True,
        use_depthwise=True,
        norm_cfg=None,
        act_cfg=_silu,
    ),
    neck=dict(
        type="CSPNeXtPAFPN",
        in_channels=[64, 128, 256],
        out_channels=64,
        num_csp_blocks=1,
        expand_ratio=0.5,
        use_depthwise=True,
        norm_cfg=None,
        act_cfg=_silu,
    ),
    bbox_head=dict(
        type="RTMDetSepBNHead",
        num_classes=1,
        in_channels=64,
        feat_channels=64,
        stacked_convs=2,
        anchor_generator=dict(type="MlvlPointGenerator", offset=0, strides=[8, 16, 32]),
        bbox_coder=dict(type="DistancePointBBoxCoder"),
        with_objectness=False,
        exp_on_reg=False,
        share_conv=False,
        pred_kernel_size=1,
        use_depthwise=True,
        norm_cfg=None,
        act_cfg=_silu,
    ),
    test_cfg=dict(
        nms_pre=1000,
        min_bbox_size=0,
        score_thr=0.05,
        nms=dict(type="nms", iou_threshold=0.6),
        max_per_img=100,
    ),
)

_longest = 480

test_dataloader = dict(
    batch_size=1,
    dataset=dict(
        type="CocoDataset",
        metainfo=dict(classes=("person",), palette=[(220, 20, 60)]),
        pipeline=[
            dict(type="LoadImageFromFile"),
            dict(type="Resize", scale=(_longest, _longest), keep_ratio=True),
            dict(type="Pad", size_divisor=32, pad_val=dict(img=(114, 114, 114))),
            dict(
                type="PackDetInputs",
                meta_keys=("img_id", "img_path", "ori_shape", "img_shape", "scale_factor"),
            ),
        ],
    ),
)
