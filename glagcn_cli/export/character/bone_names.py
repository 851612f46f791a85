"""Names that programs give to the bones of a body, for each bone of a humanoid.

A humanoid's bones are called as VRM 1.0 calls them: "hips", "leftUpperArm", "leftIndexProximal".
Bones of the spine and the neck have no names here: they are what lies between the hips, the arms
and the head.
"""

from __future__ import annotations

import re

from ...biomechanics.fingers import FINGERS as ORDER
from ..rig.finger_bones import FINGER_BONES

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
"""All bones of the body that are looked for."""

FINGERS: tuple[str, ...] = tuple(bone.vrm_name for bone in FINGER_BONES)
"""All bones of the fingers that are looked for."""

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
    "MakeHuman": (
        ("root", "head"),
        ("clavicleS", "upperarm01S", "lowerarm01S", "wristS", "upperleg01S", "lowerleg01S", "footS",
         "toe11S"),
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

# Fingers from the thumb to the little one, and their bones from the palm outwards. S stands for the
# side as above, F for the finger, N for the bone.
_IN_ENGLISH = ("thumb", "index", "middle", "ring", "pinky")
_IN_DAZ = ("thumb", "index", "mid", "ring", "pinky")
_FINGER_SCHEMES: dict[str, tuple[str, tuple[str, ...], tuple[str, str, str]]] = {
    "Mixamo": ("ShandFN", _IN_ENGLISH, ("1", "2", "3")),
    "Unreal": ("F0NS", _IN_ENGLISH, ("1", "2", "3")),
    "Rigify": ("F0NS", ("thumb", "findex", "fmiddle", "fring", "fpinky"), ("1", "2", "3")),
    "Daz": ("SFN", _IN_DAZ, ("1", "2", "3")),
    "Daz, older": ("SFN", _IN_DAZ, ("1", "2", "3")),
    "Daz 9": ("SFN", _IN_DAZ, ("1", "2", "3")),
    "MakeHuman": ("fingerFNS", ("1", "2", "3", "4", "5"), ("1", "2", "3")),
    "VRoid": ("SFN", ("thumb", "index", "middle", "ring", "little"), ("1", "2", "3")),
    "3ds Max": ("SfingerFN", ("0", "1", "2", "3", "4"), ("", "1", "2")),
}

_THUMB_OF_VRM_0 = {"Proximal": "Metacarpal", "Intermediate": "Proximal"}


def name_of_vrm_0(bone: str) -> str:
    """Return what VRM 1.0 calls a bone of VRM 0.x: the bones of thumbs have other names."""
    stem, thumb, part = bone.partition("Thumb")
    return stem + thumb + _THUMB_OF_VRM_0.get(part, part) if thumb else bone


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


def finger_names(scheme: str) -> dict[str, str]:
    """Return, for a scheme of names, the plain name of each bone of a finger that it names."""
    if scheme == "VRM":
        return {bone: bone.lower() for bone in FINGERS}
    if scheme not in _FINGER_SCHEMES:
        return {}
    pattern, fingers, numbers = _FINGER_SCHEMES[scheme]
    sides = dict(zip(SIDES, _SCHEMES[scheme][2], strict=True))
    found = {}
    for bone in FINGER_BONES:
        parts = {
            "S": sides[bone.side],
            "F": fingers[ORDER.index(bone.finger)],
            "N": numbers[bone.number],
        }
        found[bone.vrm_name] = "".join(parts.get(letter, letter) for letter in pattern)
    return found
