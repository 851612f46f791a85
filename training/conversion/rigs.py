"""Names of the nodes of known rigs.

Names are compared without namespace, separators and case: ``thigh.L`` of Rigify and ``thigh_l`` of
Unreal are one name, ``thighl``.
"""

from __future__ import annotations

from dataclasses import dataclass

from glagcn_cli.errors import InputError
from glagcn_cli.export.character.bone_names import finger_names, schemes

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
    scheme
        Whose names toes and fingers have, of `bone_names`; None for a rig without them.
    prefix
        In front of these names.
    toes
        Node at which the toes begin, where that is not by the scheme.
    thumb
        Nodes of a hand and its thumb that tell how the palm is turned, of rigs without fingers.
    ends_of_bones
        Nodes stand for the ends of bones and turn as these do.
    """

    name: str
    limbs: dict[str, str]
    neck: str
    head: str | None = None
    spine: str | None = None
    also: tuple[str, ...] = ()
    lost: LostBones | None = None
    scheme: str | None = None
    prefix: str = ""
    toes: str | None = None
    thumb: tuple[str, str] | None = None
    ends_of_bones: bool = False

    def toes_of(self, side: str) -> str | None:
        """Return the node at which the toes of a side begin; None where no name is known."""
        if self.toes is not None:
            return self.toes.format(s=side[0], Side=side.capitalize())
        return None if self.scheme is None else self.prefix + schemes()[self.scheme][f"{side}Toes"]

    def knuckles_of(self, side: str) -> tuple[str, ...]:
        """Return the nodes of the middle, index and little knuckle; empty if none is known."""
        names = {} if self.scheme is None else finger_names(self.scheme)
        wanted = [f"{side}{finger}Proximal" for finger in ("Middle", "Index", "Little")]
        return tuple(self.prefix + names[name] for name in wanted if name in names)

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
    toes="{s}foot", thumb=("{s}hand", "{s}thumb"), ends_of_bones=True,
)  # fmt: skip
CMU_BVH = Rig(
    "CMU's BVH for MotionBuilder",
    _MIXAMO_LIMBS, neck="Head", head="EndSiteHead", spine="Spine",
    also=("LHipJoint", "RHipJoint", "LowerBack", "Spine1"),
    lost=LostBones("{Side}FingerBase", "Spine1", ("Neck", "LeftShoulder", "RightShoulder")),
    toes="{Side}ToeBase",
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
_SCHEMES = {
    "Mixamo, Ready Player Me": "Mixamo", "CMU's BVH for DAZ, Poser": "Daz, older",
    "Daz Genesis 3 and 8": "Daz", "Daz Genesis 9": "Daz 9", "Unreal": "Unreal",
    "Rigify": "Rigify", "Rigify's metarig": "Rigify", "VRM, Unity": "VRM", "VRoid": "VRoid",
    "3ds Max Biped": "3ds Max",
}  # fmt: skip
_TOES = {"Bandai Namco": "Toes_{s}", "SMPL": "{s}_Foot", "100STYLE": "{Side}Toe"}
_HEADS = {"Rigify": ("DEF-spine.006", "DEF-head"), "Rigify's metarig": ("spine.006", "head")}


def _of_family(name: str, head: str) -> Rig:
    """Return the rig of a family of programs whose neck ends at a node."""
    prefix = "DEF-" if name == "Rigify" else ""
    return Rig(
        name, _limbs(_FAMILIES[name]), neck=head, scheme=_SCHEMES.get(name), prefix=prefix,
        toes=_TOES.get(name),
    )  # fmt: skip


RIGS = (
    CMU_ASF,
    CMU_BVH,
    CMU_MAX,
    *(_of_family(name, head) for name in _FAMILIES for head in _HEADS.get(name, ("Head",))),
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
