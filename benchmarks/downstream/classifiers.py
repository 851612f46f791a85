"""Two small classifiers of motion, the same for all inputs.

`TEMPORAL` is a temporal convolution, `SUMMARY` a forest of trees on what each number does over the
clip (scikit-learn). Both weigh the classes of their training clips equally.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

TEMPORAL, SUMMARY = "temporal convolution", "trees on summaries"

WIDTH, KERNEL, DROPOUT = 64, 5, 0.3
EPOCHS, BATCH, RATE, DECAY = 15, 64, 0.003, 0.01
TREES, LEAF = 100, 3


def with_constants(motion: NDArray[np.float32], constants: NDArray[np.float32]) -> NDArray:
    """Append numbers of each clip (clips, n) to all its frames (clips, frames, m)."""
    held = np.repeat(constants[:, None], motion.shape[1], axis=1)
    return np.concatenate([motion, held], axis=2)


def summaries(motion: NDArray[np.float32]) -> NDArray[np.float32]:
    """Summarise motion (clips, frames, n): mean, spread, ends and mean speed, (clips, 5 n)."""
    return np.concatenate(
        [motion.mean(axis=1), motion.std(axis=1), motion.min(axis=1), motion.max(axis=1),
         np.abs(np.diff(motion, axis=1)).mean(axis=1)], axis=1,
    )  # fmt: skip


def temporal_network(numbers: int, classes: int) -> nn.Sequential:
    """Build the network for (clips, numbers, frames)."""
    layers: list[nn.Module] = []
    for number, stride in enumerate((1, 2, 2)):
        layers += [
            nn.Conv1d(WIDTH if number else numbers, WIDTH, KERNEL, stride, KERNEL // 2),
            nn.BatchNorm1d(WIDTH),
            nn.ReLU(),
        ]
    pool = [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(DROPOUT), nn.Linear(WIDTH, classes)]
    return nn.Sequential(*layers, *pool)


def by_convolution(
    known: NDArray[np.float32], labels: NDArray[np.intp], asked: NDArray[np.float32],
    constants: tuple[NDArray[np.float32], NDArray[np.float32]], classes: int, seed: int,
) -> NDArray[np.intp]:  # fmt: skip
    """Train the network on known motion (clips, frames, n), and answer for (others, frames, n)."""
    torch.manual_seed(seed)
    train, test = (
        torch.from_numpy(with_constants(m, c)).transpose(1, 2)
        for m, c in zip((known, asked), constants, strict=True)
    )
    mean, spread = train.mean(dim=(0, 2), keepdim=True), train.std(dim=(0, 2), keepdim=True)
    train, test = ((x - mean) / spread.clip(1e-4) for x in (train, test))
    network = temporal_network(train.shape[1], classes)
    _train(network, train, torch.from_numpy(labels), classes)
    network.eval()
    with torch.inference_mode():
        return np.asarray(network(test).argmax(dim=1).numpy())


def _train(network: nn.Module, motion: Tensor, labels: Tensor, classes: int) -> None:
    counts = torch.bincount(labels, minlength=classes).clip(1)
    loss = nn.CrossEntropyLoss(len(labels) / (classes * counts.float()), label_smoothing=0.1)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    batches = -(-len(labels) // BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * batches)
    network.train()
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(labels)).chunk(batches):
            optimizer.zero_grad()
            loss(network(motion[chosen]), labels[chosen]).backward()
            optimizer.step()
            pace.step()


def by_trees(
    known: NDArray[np.float32], labels: NDArray[np.intp], asked: NDArray[np.float32],
    constants: tuple[NDArray[np.float32], NDArray[np.float32]], classes: int, seed: int,
) -> NDArray[np.intp]:  # fmt: skip
    """Train trees on summaries of known motion (clips, frames, n), and answer for others."""
    from sklearn.ensemble import ExtraTreesClassifier

    train, test = (
        np.concatenate([summaries(m), c], axis=1)
        for m, c in zip((known, asked), constants, strict=True)
    )
    # Leaves of one clip would leave the vote to the classes with the most clips.
    forest = ExtraTreesClassifier(
        TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=seed
    )
    return np.asarray(forest.fit(train, labels).predict(test))


Classifier = Callable[..., NDArray[np.intp]]

CLASSIFIERS: dict[str, Classifier] = {TEMPORAL: by_convolution, SUMMARY: by_trees}
"""Every classifier by its name: known motion, its labels, motion to be recognised, constants of
both, number of classes and seed, to one answer for each clip."""
