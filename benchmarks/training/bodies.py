"""How bones grow with stature, from the body model anny: the powers in `samples/bodies.py`.

    pip install anny && python -m benchmarks.training.bodies

Bodies of 2 to 90 years are drawn by the model's own distribution of shapes. Of each bone, the
logarithm of its length is fitted to the logarithm of the stature, both relative to adults' means.
"""

from __future__ import annotations

import click
import numpy as np
import torch
from numpy.typing import NDArray

BONES = {
    "hip": ("hips", "upperleg01.L"),
    "knee": ("upperleg01.L", "lowerleg01.L"),
    "ankle": ("lowerleg01.L", "foot.L"),
    "spine, thorax": ("hips", "shoulders"),
    "neck": ("neck01", "head"),
    "head": ("head", "eyes"),
    "shoulder": ("shoulders", "upperarm01.L"),
    "elbow": ("upperarm01.L", "lowerarm01.L"),
    "wrist": ("lowerarm01.L", "wrist.L"),
}
"""Ends of each of our bones: bones of the model by their heads, or the middle of a pair."""
PAIRS = {"hips": "upperleg01", "shoulders": "upperarm01", "eyes": "eye"}
AT_A_TIME = 50  # bodies: each has 13,718 vertices


def draw_bodies(ages: tuple[float, float], count: int) -> tuple[NDArray, NDArray]:
    """Draw bodies: bone lengths (count, bones) and statures (count,), in metres."""
    import anny
    from anny.shape_distribution import SimpleShapeDistribution

    model = anny.create_fullbody_model()
    number = {name: i for i, name in enumerate(model.bone_labels)}
    youngest, oldest = (torch.tensor(age, dtype=model.dtype) for age in ages)
    age = torch.distributions.Uniform(youngest, oldest)
    _, shapes = SimpleShapeDistribution(model, age).sample(count)
    lengths, statures = [], []
    for first in range(0, count, AT_A_TIME):
        shape = {name: values[first : first + AT_A_TIME] for name, values in shapes.items()}
        with torch.no_grad():
            rest = model.get_rest_model(model.get_phenotype_blendshape_coefficients(**shape))
        heads = {name: rest["rest_bone_heads"][:, i] for name, i in number.items()}
        for name, bone in PAIRS.items():
            heads[name] = (heads[f"{bone}.L"] + heads[f"{bone}.R"]) / 2
        ends = [heads[end] - heads[start] for start, end in BONES.values()]
        lengths.append(torch.stack([end.norm(dim=-1) for end in ends], dim=-1).numpy())
        statures.append(np.ptp(rest["rest_vertices"][..., 2].numpy(), axis=1))
    return np.concatenate(lengths), np.concatenate(statures)


@click.command()
@click.option("--bodies", default=3000, show_default=True, help="Bodies of each range of ages.")
def main(bodies: int) -> None:
    """Print each bone's power of the stature and what children's bones spread about it."""
    torch.manual_seed(0)
    adults, adult_statures = draw_bodies((20.0, 60.0), bodies)
    mean = np.log(adults).mean(axis=0)
    drawn = [draw_bodies(ages, bodies) for ages in ((2.0, 90.0), (2.0, 18.0))]
    bones = np.concatenate([np.log(lengths) - mean for lengths, _ in drawn])
    statures = np.log(np.concatenate([s for _, s in drawn]) / adult_statures.mean())
    kept = statures > np.log(0.55)
    bones, statures = bones[kept], statures[kept]
    children = statures < np.log(0.9)
    click.echo("| bone to | power of the stature | spread among children |\n| --- | --- | --- |")
    for name, bone in zip(BONES, bones.T, strict=True):
        power = (statures @ bone) / (statures @ statures)
        spread = (bone - power * statures)[children].std()
        click.echo(f"| {name} | {power:.2f} | {100 * spread:.0f} % |")


if __name__ == "__main__":
    main()
