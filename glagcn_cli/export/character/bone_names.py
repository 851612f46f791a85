"""Names that programs give to the bones of a body, for each bone of a humanoid.

A humanoid's bones are called as VRM calls them: "hips", "leftUpperArm". Bones of the spine and the
neck have no names here: they are what lies between the hips, the arms and the head.
"""

from __future__ import annotations

import re

SIDES = ("left", "right")

LIMB_BONES = (
    "Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes",
)  # fmt: skip
"""Bones that a body has on both sides, as VRM names them after "left" or "right"."""

CENTRAL_BONES = ("hips", "head")

BONES: tuple[str, ...] = (
    *CENTRAL_BONES,
    *(f"{side}{bone}" for side in SIDES for bone in LIMB_BONES),
)
"""All bones that are looked for."""

NEEDED: tuple[str, ...] = (
    "hips",
    *(
        f"{side}{bone}"
        for side in SIDES
        for bone in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg", "Foot")
    ),
)
"""Bones without which no motion is written."""

# Hips, head, then the bones of a side: S stands for the side. Letters and digits alone count.
_SCHEMES: dict[str, tuple[tuple[str, str], tuple[str, ...], tuple[str, str]]] = {
    "VRM": (
        ("hips", "head"),
        ("Sshoulder", "Supperarm", "Slowerarm", "Shand", "Supperleg", "Slowerleg", "Sfoot",
         "Stoes"),
        ("left", "right"),
    ),
    # Adobe's Mixamo, Ready Player Me, and the BVH files of the CMU Graphics Lab.
    "Mixamo": (
        ("hips", "head"),
        ("Sshoulder", "Sarm", "Sforearm", "Shand", "Supleg", "Sleg", "Sfoot", "Stoebase"),
        ("left", "right"),
    ),
    "CMU": (
        ("root", "head"),
        ("Sclavicle", "Shumerus", "Sradius", "Shand", "Sfemur", "Stibia", "Sfoot", "Stoes"),
        ("l", "r"),
    ),
    "Unreal": (
        ("pelvis", "head"),
        ("clavicleS", "upperarmS", "lowerarmS", "handS", "thighS", "calfS", "footS", "ballS"),
        ("l", "r"),
    ),
    "Rigify": (
        ("spine", "spine006"),
        ("shoulderS", "upperarmS", "forearmS", "handS", "thighS", "shinS", "footS", "toeS"),
        ("l", "r"),
    ),
    "Daz": (
        ("hip", "head"),
        ("Scollar", "Sshldrbend", "Sforearmbend", "Shand", "Sthighbend", "Sshin", "Sfoot",
         "Stoe"),
        ("l", "r"),
    ),
    "Daz, older": (
        ("hip", "head"),
        ("Scollar", "Sshldr", "Sforearm", "Shand", "Sthigh", "Sshin", "Sfoot", "Stoe"),
        ("l", "r"),
    ),
    "Daz 9": (
        ("hip", "head"),
        ("Sshoulder", "Supperarm", "Sforearm", "Shand", "Sthigh", "Sshin", "Sfoot", "Stoes"),
        ("l", "r"),
    ),
    "VRoid": (
        ("chips", "chead"),
        ("Sshoulder", "Supperarm", "Slowerarm", "Shand", "Supperleg", "Slowerleg", "Sfoot",
         "Stoebase"),
        ("l", "r"),
    ),
    "3ds Max": (
        ("pelvis", "head"),
        ("Sclavicle", "Supperarm", "Sforearm", "Shand", "Sthigh", "Scalf", "Sfoot", "Stoe0"),
        ("l", "r"),
    ),
}  # fmt: skip

# In front of a bone's own name: a name space, and what some programs write before every bone.
_PREFIX = re.compile(r"^(.*:)|^(mixamorig\d*|DEF-|J_Bip_|Bip0*1|Bip001)", re.IGNORECASE)


def plain(name: str) -> str:
    """Return a bone's name without prefixes, in small letters and digits."""
    while (shorter := _PREFIX.sub("", name.strip(" _."), count=1)) != name and shorter:
        name = shorter
    return re.sub(r"[^a-z0-9]", "", name.lower())


def schemes() -> dict[str, dict[str, str]]:
    """Return, for each scheme of names, the plain name of each humanoid bone."""
    found = {}
    for scheme, (central, limbs, sides) in _SCHEMES.items():
        names = dict(zip(CENTRAL_BONES, central, strict=True))
        for side, called in zip(SIDES, sides, strict=True):
            for bone, name in zip(LIMB_BONES, limbs, strict=True):
                names[f"{side}{bone}"] = name.replace("S", called)
        found[scheme] = names
    return found
