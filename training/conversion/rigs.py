"""Names of the nodes of known rigs.

Names are compared without namespace, separators and case: ``thigh.L`` of Rigify and ``thigh_l`` of
Unreal are one name, ``thighl``.
"""

from __future__ import annotations

from dataclasses import dataclass

from glagcn_cli.errors import InputError

from .animation import Animation

SIDES = ("left", "right")
PARTS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")


@dataclass(frozen=True)
class LostBones:
    """Nodes of a conversion that lost the thorax and the wrist bones of CMU's skeletons.

    Parameters
    ----------
    hand
        Node at the end of the wrist bone; it sits on the wrist's node where that bone was lost.
    chest
        Node at the beginning of the thorax bone.
    on_chest
        Nodes at the end of the thorax bone; they sit on the chest's where that bone was lost.
    """

    hand: str
    chest: str
    on_chest: tuple[str, ...]


@dataclass(frozen=True)
class Rig:
    """Names of the nodes that are joints; ``{s}`` and ``{Side}`` stand for the side.

    Parameters
    ----------
    name
        For messages.
    limbs
        Node of hip, knee, ankle, shoulder, elbow and wrist.
    neck
        Node at the base of the skull.
    head
        Node at the height of the ears; None: at that height above the neck.
    spine
        Node 0.22 m above the hip; None: on the way along the back.
    also
        Nodes that distinguish this rig from others.
    lost
        Bones to put back.
    """

    name: str
    limbs: dict[str, str]
    neck: str
    head: str | None = None
    spine: str | None = None
    also: tuple[str, ...] = ()
    lost: LostBones | None = None

    def limb(self, part: str, side: str) -> str:
        """Return the node of a limb's joint on one side."""
        return self.limbs[part].format(s=side[0], Side=side.capitalize())

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes that a file must have to be of this rig."""
        limbs = [self.limb(part, side) for part in self.limbs for side in SIDES]
        trunk = [node for node in (self.neck, self.head, self.spine) if node]
        return (*limbs, *trunk, *self.also)


def _limbs(names: str) -> dict[str, str]:
    return dict(zip(PARTS, names.split(), strict=True))


_MIXAMO_LIMBS = _limbs("{Side}UpLeg {Side}Leg {Side}Foot {Side}Arm {Side}ForeArm {Side}Hand")
_ANATOMICAL_LIMBS = _limbs(
    "{Side}Hip {Side}Knee {Side}Ankle {Side}Shoulder {Side}Elbow {Side}Wrist"
)

# Nodes of ASF are bones and stand for their ends: the femur ends at the knee.
CMU_ASF = Rig(
    "CMU's ASF",
    _limbs("{s}hipjoint {s}femur {s}tibia {s}clavicle {s}humerus {s}wrist"),
    neck="upperneck", head="head", spine="lowerback",
)  # fmt: skip
CMU_BVH = Rig(
    "CMU's BVH for MotionBuilder",
    _MIXAMO_LIMBS, neck="Head", head="EndSiteHead", spine="Spine",
    also=("LHipJoint", "RHipJoint", "LowerBack", "Spine1"),
    lost=LostBones("{Side}FingerBase", "Spine1", ("Neck", "LeftShoulder", "RightShoulder")),
)  # fmt: skip
CMU_MAX = Rig(
    "CMU's BVH for 3ds Max",
    _ANATOMICAL_LIMBS, neck="Head", head="EndSiteHead", spine="Chest",
    also=("LHipJoint", "RHipJoint", "lowerback", "Chest2"),
    lost=LostBones("{s}hand", "Chest2", ("lowerneck", "LeftCollar", "RightCollar")),
)  # fmt: skip

_FAMILIES = {
    "Mixamo, Ready Player Me": "{Side}UpLeg {Side}Leg {Side}Foot "
    "{Side}Arm {Side}ForeArm {Side}Hand",
    "CMU's BVH for DAZ, Poser": "{s}Thigh {s}Shin {s}Foot {s}Shldr {s}ForeArm {s}Hand",
    "Daz Genesis 3 and 8": "{s}ThighBend {s}Shin {s}Foot {s}ShldrBend {s}ForearmBend {s}Hand",
    "Daz Genesis 9": "{s}_thigh {s}_shin {s}_foot {s}_upperarm {s}_forearm {s}_hand",
    "Unreal": "thigh_{s} calf_{s} foot_{s} upperarm_{s} lowerarm_{s} hand_{s}",
    "Rigify": "DEF-thigh.{s} DEF-shin.{s} DEF-foot.{s} "
    "DEF-upper_arm.{s} DEF-forearm.{s} DEF-hand.{s}",
    "Rigify's metarig": "thigh.{s} shin.{s} foot.{s} upper_arm.{s} forearm.{s} hand.{s}",
    "VRM, Unity": "{Side}UpperLeg {Side}LowerLeg {Side}Foot "
    "{Side}UpperArm {Side}LowerArm {Side}Hand",
    "VRoid": "{s}_UpperLeg {s}_LowerLeg {s}_Foot {s}_UpperArm {s}_LowerArm {s}_Hand",
    "Bandai Namco": "UpperLeg_{s} LowerLeg_{s} Foot_{s} UpperArm_{s} LowerArm_{s} Hand_{s}",
    "3ds Max Biped": "{s}_Thigh {s}_Calf {s}_Foot {s}_UpperArm {s}_Forearm {s}_Hand",
    "SMPL": "{s}_Hip {s}_Knee {s}_Ankle {s}_Shoulder {s}_Elbow {s}_Wrist",
    "100STYLE": "{Side}Hip {Side}Knee {Side}Ankle {Side}Shoulder {Side}Elbow {Side}Wrist",
}  # fmt: skip
_HEADS = {"Rigify": ("DEF-spine.006", "DEF-head"), "Rigify's metarig": ("spine.006", "head")}

RIGS = (
    CMU_ASF,
    CMU_BVH,
    CMU_MAX,
    *(
        Rig(name, _limbs(names), neck=head)
        for name, names in _FAMILIES.items()
        for head in _HEADS.get(name, ("Head",))
    ),
)
"""Rigs in order of trial; a file's rig is the first whose nodes it has."""

_NAMES_SHOWN = 12


def rig_of(animation: Animation) -> Rig:
    """Find the rig of a file; raise ``InputError`` with what the nearest rig has and it lacks."""
    for rig in RIGS:
        if animation.has(*rig.nodes):
            return rig
    lacking = [[node for node in rig.nodes if not animation.has(node)] for rig in RIGS]
    nearest = min(range(len(RIGS)), key=lambda number: len(lacking[number]))
    raise InputError(
        f"{animation.path}: unknown skeleton. Its nodes are {_few(animation.names)}. Compared with "
        f"{RIGS[nearest].name} it lacks {_few(lacking[nearest])}"
    )


def _few(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
