from __future__ import annotations

import math
import re
import subprocess
import sys
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from glagcn_cli.skeleton import H36M17, MPI_INF_3DHP17
from glagcn_training.metrics.scores import TakeScores, table
from glagcn_training.report.curves import draw_curves, smooth
from glagcn_training.report.markdown import write_report
from glagcn_training.report.stills import Example, draw_stills
from tests.helpers.synthetic_motion import walking


def pixels(path):
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB")).astype(int)


def training_rows(steps=400, every=10, last=0.05):
    rng = np.random.default_rng(0)
    for step in range(every, steps + 1, every):
        local = (last + math.exp(-step / 60)) * math.exp(rng.normal(0, 0.1))
        terms = {"loss_local": local, "loss_global": 1.2 * local}
        yield {"step": step, "loss": 2.2 * local, **terms, "learning_rate": 1e-3, "samples/s": 300}


def validation_rows(errors, every=100):
    return [
        {"step": every * (i + 1), "val/mpjpe": e, "val/p_mpjpe": 0.7 * e, "val/mpjve": 4.0}
        for i, e in enumerate(errors)
    ]


@pytest.fixture
def drawn(monkeypatch):
    """Figures that are saved while the test runs."""
    figures = []
    save = Figure.savefig

    def keep(figure, *args, **kwargs):
        figures.append(figure)
        return save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def legend_texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_curves_are_a_picture_that_shows_the_data(tmp_path):
    log = [*training_rows(), *validation_rows([120.0, 80.0, 90.0, 70.0])]
    draw_curves(log, tmp_path / "a.png")
    draw_curves(log, tmp_path / "b.png")
    draw_curves([*log[:-1], *validation_rows([120.0, 80.0, 90.0, 50.0])], tmp_path / "c.png")
    a, b, c = (pixels(tmp_path / f"{name}.png") for name in "abc")
    assert a.shape == (792, 990, 3)
    assert (a < 250).any(axis=2).mean() > 0.02
    np.testing.assert_array_equal(a, b)
    middle = slice(350, 620)
    assert (a[middle] != c[middle]).any(axis=2).sum() > 200
    assert not list(tmp_path.glob("*.part*"))


def test_loss_and_errors_share_their_steps_and_name_their_units(tmp_path, drawn):
    draw_curves([*training_rows(), *validation_rows([120.0, 80.0, 90.0])], tmp_path / "c.png")
    above, below, rate = drawn[0].axes
    assert above.get_xlim() == below.get_xlim() == rate.get_xlim()
    assert below.get_ylabel() == "millimetres"
    assert "m)" in above.get_ylabel() and rate.get_xlabel() == "optimizer step"
    assert [text.split(",")[0] for text in legend_texts(above)] == ["sum", "local", "global"]
    # Velocities are millimetres per frame and would lie flat at the bottom of this scale.
    assert legend_texts(below) == [
        "MPJPE, lowest 80.0 mm at step 200",
        "P-MPJPE, lowest 56.0 mm at step 200",
    ]


@pytest.mark.parametrize(("last", "scale"), [(0.001, "log"), (5.0, "linear")])
def test_a_loss_that_spans_much_has_a_logarithmic_scale(tmp_path, drawn, last, scale):
    draw_curves(list(training_rows(last=last)), tmp_path / "c.png")
    assert drawn[0].axes[0].get_yscale() == scale


def test_a_resumed_run_shows_its_later_rows(tmp_path):
    log = [*training_rows(), *validation_rows([100.0, 90.0])]
    again = [{**row, "loss": 9.0, "val/mpjpe": 500.0} for row in log[20:]]
    draw_curves(log, tmp_path / "clean.png")
    stale = [{**row, **{k: 9.0 for k in row if k != "step"}} for row in log[10:]]
    draw_curves([*log[:10], *stale, *log[10:]], tmp_path / "resumed.png")
    draw_curves([*log, *again], tmp_path / "other.png")
    clean = pixels(tmp_path / "clean.png")
    np.testing.assert_array_equal(clean, pixels(tmp_path / "resumed.png"))
    assert (clean != pixels(tmp_path / "other.png")).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "log",
    [
        [],
        [{"step": 10, "loss": 0.3, "learning_rate": 1e-3}],
        list(training_rows(50)),
        [*training_rows(100), *validation_rows([90.0])],
        validation_rows([90.0, 80.0]),
        [{"step": s, "loss": math.inf if s > 3 else 1 / s} for s in range(1, 8)],
        [{"step": s, "loss": math.nan, "val/mpjpe": math.nan} for s in range(1, 8)],
        [{"step": s, "loss": 0.0} for s in range(1, 8)],
    ],
    ids=["nothing", "one", "no validation", "one validation", "only validation", "inf", "nan", "0"],
)
def test_a_short_or_diverged_run_is_drawn_too(tmp_path, log):
    draw_curves(log, tmp_path / "c.png")
    assert (pixels(tmp_path / "c.png") < 250).any()


def test_smoothing_is_a_running_mean_that_does_not_trail():
    values = np.array([0.0, 0.0, 3.0, 0.0, 0.0, 6.0])
    np.testing.assert_allclose(smooth(values, 3), [0, 1, 1, 1, 2, 3])
    np.testing.assert_allclose(smooth(values, 1), values)
    ramp = np.arange(30.0)
    np.testing.assert_allclose(smooth(ramp, 5)[2:-2], ramp[2:-2])
    np.testing.assert_allclose(smooth(np.array([1.0, np.nan, 3.0]), 3), [1, 2, 3])
    assert smooth(ramp, 1000).shape == ramp.shape


# The walker comes towards a camera 4 m ahead at the height of its hip: its left is at the
# picture's right, and away from the camera is where it came from.
def facing(frame=14, noise=0.0, seed=0):
    world = walking(40)[frame].astype(np.float64)
    world -= world[0]
    true = np.stack([world[:, 1], -world[:, 2], -world[:, 0]], axis=1) + np.array([0, 0, 4])
    keypoints = true[:, :2] / true[:, 2:] * 900 + [640, 360]
    predicted = true + np.random.default_rng(seed).normal(0, noise, true.shape)
    return keypoints, predicted, true


def example(keypoints, predicted, true, joint_set=H36M17, title="worst: S9 Walking"):
    error = 1000 * float(np.linalg.norm(predicted - true, axis=1).mean())
    return Example(title, keypoints, predicted, true, joint_set, error)


def panels(path):
    """The three panels of a picture of one example, without their frames."""
    picture = pixels(path)
    assert picture.shape == (355, 900, 3)
    return [picture[68:345, 297 * i + 15 : 297 * i + 290] for i in range(3)]


def drawn_in(panel, colour):
    """Rows and columns of the pixels of a side: "blue" is left, "orange" is right."""
    red, blue = panel[..., 0], panel[..., 2]
    mask = blue - red > 60 if colour == "blue" else red - blue > 60
    return np.argwhere(mask)


def test_stills_have_a_row_each_and_stay_small(tmp_path):
    rows = [example(*facing(frame=3 * i, noise=0.05 * i, seed=i)) for i in range(8)]
    draw_stills(rows, tmp_path / "stills.png")
    picture = pixels(tmp_path / "stills.png")
    assert picture.shape == (35 + 8 * 320, 900, 3)
    assert (tmp_path / "stills.png").stat().st_size < 300_000
    for i in range(8):
        row = picture[35 + 320 * i : 355 + 320 * i]
        assert all((row[:, x : x + 290] < 200).any() for x in (10, 307, 604))


def test_left_and_right_have_the_products_colours_where_they_are(tmp_path):
    draw_stills([example(*facing())], tmp_path / "s.png")
    for panel in panels(tmp_path / "s.png")[:2]:
        left, right = drawn_in(panel, "blue"), drawn_in(panel, "orange")
        assert len(left) > 100 and len(right) > 100
        assert left[:, 1].mean() > right[:, 1].mean() + 20
        # Arms and legs hang down from shoulders: the picture is upright.
        assert left[:, 0].max() > 0.75 * len(panel) and left[:, 0].min() > 0.15 * len(panel)


def moved(joint, by):
    keypoints, predicted, true = facing()
    predicted[H36M17.index(joint)] += by
    return example(keypoints, predicted, true)


def different(a, b):
    """Share of pixels that differ by more than another palette explains."""
    return float((np.abs(a - b).max(axis=2) > 60).mean())


def test_an_error_in_depth_is_seen_from_the_side_alone(tmp_path):
    draw_stills([moved("left_wrist", 0.0)], tmp_path / "right.png")
    draw_stills([moved("left_wrist", [0, 0, 0.35])], tmp_path / "wrong.png")
    right, wrong = panels(tmp_path / "right.png"), panels(tmp_path / "wrong.png")
    assert different(right[0], wrong[0]) == different(right[1], wrong[1]) == 0
    assert different(right[2], wrong[2]) > 0.002
    # What is farther away than it should be lies to the right.
    before, after = (drawn_in(panel[2], "blue")[:, 1].max() for panel in (right, wrong))
    assert after > before + 20


def test_an_error_across_is_seen_from_the_camera_alone(tmp_path):
    draw_stills([moved("left_wrist", 0.0)], tmp_path / "right.png")
    draw_stills([moved("left_wrist", [0.3, 0, 0])], tmp_path / "wrong.png")
    right, wrong = panels(tmp_path / "right.png"), panels(tmp_path / "wrong.png")
    assert different(right[1], wrong[1]) > 0.002
    assert different(right[2], wrong[2]) < 0.001


def test_poses_are_laid_over_each_other_at_their_roots(tmp_path):
    keypoints, _, true = facing()
    draw_stills([example(keypoints, true, true, title="a")], tmp_path / "a.png")
    shifted = Example("a", keypoints, true + np.array([2, -1, 3]), true, H36M17, 0.0)
    draw_stills([shifted], tmp_path / "b.png")
    for a, b in zip(panels(tmp_path / "a.png"), panels(tmp_path / "b.png"), strict=True):
        assert different(a, b) < 1e-4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("wild", [np.nan, 1e6])
def test_a_diverged_prediction_leaves_the_truth_to_be_seen(tmp_path, wild):
    keypoints, predicted, true = facing()
    predicted[1:] = wild
    draw_stills(
        [Example(r"$\bad$", keypoints, predicted, true, H36M17, math.nan)], tmp_path / "s.png"
    )
    draw_stills([example(keypoints, true, true)], tmp_path / "t.png")
    extent = [
        np.ptp(np.argwhere(panels(tmp_path / name)[1].min(axis=2) < 215)[:, 0])
        for name in ("s.png", "t.png")
    ]
    assert extent[0] > 0.7 * extent[1]


def test_the_root_need_not_be_the_first_joint(tmp_path):
    keypoints, predicted, true = facing()
    predicted[H36M17.index("head")] += [0.2, 0.1, 0.1]  # first of the other set's joints
    order = [
        H36M17.index({"head_top": "head", "head": "neck"}.get(joint, joint))
        for joint in MPI_INF_3DHP17.joints
    ]
    other = (keypoints[order], predicted[order] + np.array([1, 0, 0]), true[order])
    draw_stills([example(*other, MPI_INF_3DHP17)], tmp_path / "other.png")
    draw_stills([example(keypoints, predicted, true)], tmp_path / "own.png")
    for a, b in zip(panels(tmp_path / "own.png"), panels(tmp_path / "other.png"), strict=True):
        assert different(a, b) < 0.002


def test_no_example_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no example"):
        draw_stills([], tmp_path / "s.png")
    assert not (tmp_path / "s.png").exists()


def test_a_missing_folder_is_made(tmp_path):
    for number, write in enumerate(
        (
            lambda path: draw_curves([], path),
            lambda path: draw_stills([example(*facing())], path),
            lambda path: write_report(path, title="x", recipe={}, rows=[], over="frames"),
        )
    ):
        target = tmp_path / f"new{number}" / "file.png"
        write(target)
        assert target.is_file()


ROWS = [
    TakeScores("S9", "Walking", "a", 300, {"mpjpe": 40.0, "p_mpjpe": 30.0}),
    TakeScores("S11", "Sitting", "a", 100, {"mpjpe": 80.0, "p_mpjpe": 60.0}),
]
RECIPE = {
    "data": {"dataset": "h36m", "cameras": {"height": [0.4, 2.6]}},
    "optimizer": {"rate": 0.01, "last_rate": 1e-5, "bn": (0.1, 0.001)},
    "seed": 1, "init": "", "flip": True,
}  # fmt: skip


def report(path, **changes):
    given = {"title": "h36m_gt_243", "recipe": RECIPE, "rows": ROWS, "over": "actions"} | changes
    write_report(path, **given)
    return path.read_text(encoding="utf-8")


def test_the_report_tells_figures_settings_and_facts(tmp_path):
    text = report(tmp_path / "report.md", facts={"samples/s": "412", "torch": "2.9.1"})
    assert text.startswith("# h36m_gt_243\n")
    assert "MPJPE **60.0 mm**, P-MPJPE **45.0 mm**. Mean over actions, 400 frames" in text
    assert "MPJPE **50.0 mm**" in report(tmp_path / "report.md", over="frames")
    assert table(ROWS, "actions") in text
    for line in (
        "| data.dataset | h36m |",
        "| data.cameras.height | 0.4, 2.6 |",
        "| optimizer.last_rate | 1e-05 |",
        "| optimizer.bn | 0.1, 0.001 |",
        "| seed | 1 |",
        "| init | - |",
        "| flip | yes |",
        "| samples/s | 412 |",
    ):
        assert line in text.split("\n")


def test_pictures_are_linked_from_where_the_report_stands(tmp_path):
    folder = tmp_path / "my runs" / "a"
    pictures = folder / "pictures (late)"
    pictures.mkdir(parents=True)
    for name in ("curves.png", "stills.png"):
        (pictures / name).touch()
    text = report(
        folder / "report.md", curves=pictures / "curves.png", stills=pictures / "stills.png"
    )
    links = re.findall(r"!\[[^\]]*\]\(([^)\s]*)\)", text)
    assert len(links) == 2
    folder.rename(tmp_path / "moved")
    for link in links:
        assert (tmp_path / "moved" / unquote(link)).is_file()


def test_what_a_run_does_not_have_is_left_out(tmp_path):
    text = report(tmp_path / "report.md", rows=[])
    assert "Nothing was validated" in text
    assert "![" not in text and "Curves" not in text and "This run" not in text


def test_markup_in_names_stays_text(tmp_path):
    text = report(
        tmp_path / "report.md", title="a *b*\nc", recipe={"x": {"y": "p|q <b> `z`"}, "_base_": "k"}
    )
    assert text.startswith("# a \\*b\\* c\n")
    assert "| x.y | p\\|q \\<b\\> \\`z\\` |" in text
    assert "| \\_base\\_ | k |" in text


def test_a_report_replaces_the_one_before(tmp_path):
    report(tmp_path / "report.md", title="first")
    assert "first" not in report(tmp_path / "report.md", title="second")


def test_drawing_leaves_pyplot_alone():
    code = (
        "import sys; from glagcn_training.report.curves import draw_curves\n"
        "assert 'matplotlib.figure' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
