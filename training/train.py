"""The training loop: virtual cameras over real motion, L_global + L_local, one process."""

from __future__ import annotations

import json
import logging
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from glagcn_cli.checkpoints import LifterCard, load_lifter, save_lifter
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN, build_lifter
from glagcn_cli.normalisation import PERSON

from .data.packs import WindowSampler, read_packs
from .samples import Augmentation, training_batch

logger = logging.getLogger(__name__)

SAVE_EVERY = 250  # steps
LOG_EVERY = 25
LOWEST_RATE = 0.01  # of the first learning rate, at the end of the cosine
WARM_UP = 50  # steps
LARGEST_GRADIENT = 1.0
BN_MOMENTUM = (0.1, 0.001)  # first and last, decayed over the run as published


@dataclass(frozen=True)
class TrainingSettings:
    """All that a run is made of; stored in its checkpoint.

    Parameters
    ----------
    architecture
        The network.
    augmentation
        How samples are varied.
    steps, batch, rate
        Optimizer steps, windows a step, first learning rate (AdamW).
    seed
        Of weights, windows, cameras and noise.
    init
        Checkpoint whose fitting weights are taken over; a window of another length may differ.
    data, licence
        What the packs are and under which terms weights trained on them may be used, for the card;
        the packs' file names by default.
    bfloat16
        Convolutions and products in bfloat16: twice as fast on CPUs and GPUs that have it.
    """

    architecture: Architecture = field(default_factory=Architecture)
    augmentation: Augmentation = field(default_factory=Augmentation)
    steps: int = 4000
    batch: int = 64
    rate: float = 2e-3
    seed: int = 1
    init: str | None = None
    data: str = ""
    licence: str = ""
    bfloat16: bool = False


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """Linear warm-up, then a cosine down to `LOWEST_RATE` of the first rate."""
    if step < WARM_UP:
        return settings.rate * (step + 1) / WARM_UP
    progress = (step - WARM_UP) / max(1, settings.steps - WARM_UP)
    cosine = (1 + math.cos(math.pi * min(progress, 1.0))) / 2
    return settings.rate * (LOWEST_RATE + (1 - LOWEST_RATE) * cosine)


def position_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Mean per-joint position error of (..., joints, 3)."""
    return (predicted - true).norm(dim=-1).mean()


def lifting_loss(network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """L_global + L_local of the paper's network, or the centre-frame error of the released one."""
    centre = targets[:, targets.shape[1] // 2]
    if isinstance(network, GLAGCN):
        sequence, local = network(inputs)
        return position_loss(sequence, targets) + position_loss(local, centre)
    return position_loss(network(inputs), centre)


class TrainingRun:
    """A network, its optimizer and the step it has reached, resumable from one file.

    Parameters
    ----------
    settings
        What to train.
    data_dir
        Motion packs.
    out
        Run folder: `state.pth` to resume from, `lifter.pth` to use, `log.jsonl`.
    device
        Where the network is trained.
    """

    def __init__(
        self, settings: TrainingSettings, data_dir: Path, out: Path, device: torch.device
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.out, self.device = settings, out, device
        clips = read_packs(data_dir, "train")
        self.packs = sorted({clip.pack for clip in clips})
        self.windows = WindowSampler(clips, settings.architecture.window)
        self.network = build_lifter(settings.architecture)
        if settings.init:
            self._take_over(Path(settings.init))
        self.network.to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(self.network.parameters(), settings.rate)
        self.step = 0
        out.mkdir(parents=True, exist_ok=True)

    def _take_over(self, path: Path) -> None:
        """Start from another checkpoint's weights wherever name and shape agree."""
        own = self.network.state_dict()
        given = load_lifter(path)[0].state_dict()
        fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
        self.network.load_state_dict(own | fitting)
        logger.info("%d of %d tensors taken over from %s", len(fitting), len(own), path)

    def resume(self) -> None:
        """Go on from the run folder's last state, if there is one."""
        path = self.out / "state.pth"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        logger.info("resumed %s at step %d", path, self.step)

    def save(self) -> None:
        """Write the state to resume from (whole or not at all) and the lifter to use."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        temporary = self.out / "state.pth.tmp"
        torch.save(state, temporary)
        temporary.replace(self.out / "state.pth")
        save_lifter(self.out / "lifter.pth", self.network, self.card())

    def card(self) -> LifterCard:
        """What the checkpoint says of itself."""
        recipe: dict[str, Any] = json.loads(json.dumps(asdict(self.settings)))
        recipe |= {"steps_done": self.step, "torch": str(torch.__version__)}
        return LifterCard(
            self.settings.architecture,
            PERSON,
            data=self.settings.data or ", ".join(self.packs),
            licence=self.settings.licence,
            recipe=recipe,
        )

    def train_step(self) -> float:
        """One optimizer step; its randomness depends on seed and step alone. Returns the loss."""
        settings = self.settings
        rng = np.random.default_rng([settings.seed, self.step])
        torch.manual_seed(settings.seed * 1_000_003 + self.step)
        motion = self.windows.sample(rng, settings.batch)
        inputs, targets = training_batch(rng, motion, settings.augmentation)
        self._schedule()
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=settings.bfloat16):
            loss = lifting_loss(
                self.network,
                torch.from_numpy(inputs).to(self.device),
                torch.from_numpy(targets).to(self.device),
            )
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self.step += 1
        return loss.item()

    def _schedule(self) -> None:
        """Set learning rate and batch-norm momentum of this step."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, self.step)
        first, last = BN_MOMENTUM
        momentum = first * (last / first) ** (self.step / self.settings.steps)
        for module in self.network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = momentum

    def run(self) -> None:
        """Train to the last step, saving and logging on the way."""
        started, losses = time.perf_counter(), []
        with (self.out / "log.jsonl").open("a") as log:
            while self.step < self.settings.steps:
                losses.append(self.train_step())
                if self.step % LOG_EVERY == 0:
                    rate = len(losses) * self.settings.batch / (time.perf_counter() - started)
                    row = {"step": self.step, "loss": float(np.mean(losses)), "windows/s": rate}
                    log.write(json.dumps(row) + "\n")
                    log.flush()
                    logger.info("step %(step)d  loss %(loss).4f  %(windows/s).0f windows/s", row)
                    started, losses = time.perf_counter(), []
                if self.step % SAVE_EVERY == 0:
                    self.save()
        self.save()
