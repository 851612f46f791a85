"""Videos lifted as Ray tasks, on this machine or on many that share their files."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from ..errors import DeviceError, UsageError
from ..machine.process import prepare_process
from ..pipeline.settings import Settings
from ..video.source import Source
from .jobs import Job
from .worker import FAILED, Choices, Outcome, lift_job_with_notes

LOCAL = "local"
"""Address of a cluster that is started for the call, on this machine alone."""

RETRIES = 2
"""How often a video is begun anew whose worker is lost."""

_TICK = 1.0  # seconds between two signs of life
_TIME_TO_ANSWER = 10.0  # seconds
_TIME_TO_UNWIND = 10.0  # seconds that tasks get to take their unfinished files away


def lift_on_ray(
    jobs: Sequence[Job],
    choices: Choices,
    address: str,
    most: int | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Iterator[tuple[int, Outcome]]:
    """Lift each video as a task of a Ray cluster.

    A task asks for as many CPUs as it has threads (one where nothing is said), and for a GPU where
    the settings or the cluster have one. Every machine must have this program and find inputs,
    outputs and models under the same absolute paths.

    Parameters
    ----------
    jobs, choices
        What is to be done.
    address
        Of the cluster, as Ray takes it (``auto``, ``HOST:PORT``), or `LOCAL`.
    most
        How many tasks run at a time; None for as many as the cluster takes.
    tick
        Called about once a second while they work.

    Yields
    ------
    int, Outcome
        Number of a job and what became of it, in the order in which they end. A video whose worker
        is lost is begun anew elsewhere, `RETRIES` times.

    Raises
    ------
    UsageError
        Ray is not installed.
    DeviceError
        There is no cluster at the address.
    """
    ray = _connected(address)
    running: dict[Any, int] = {}
    try:
        choices = replace(
            choices, settings=_anywhere(choices.settings), threads=choices.threads or 1
        )
        options = {"num_cpus": choices.threads, "max_retries": RETRIES}
        if _wants_gpu(choices.settings.device, ray.cluster_resources().get("GPU", 0)):
            options["num_gpus"] = 1
        task = ray.remote(_lift_in_task).options(**options)
        shared = ray.put(choices)
        waiting = list(range(len(jobs)))[::-1]
        while waiting or running:
            while waiting and (most is None or len(running) < most):
                index = waiting.pop()
                running[task.remote(_absolute(jobs[index]), shared)] = index
            ended, _ = ray.wait(list(running), num_returns=1, timeout=_TICK)
            for reference in ended:
                index = running.pop(reference)
                name = jobs[index].source.name
                try:
                    outcome = ray.get(reference)
                    folder = jobs[index].report.parent  # as it was given: absolute there
                    outputs = tuple(folder / path.name for path in outcome.outputs)
                    yield index, replace(outcome, source=name, outputs=outputs)
                except ray.exceptions.RayError as error:
                    kind = type(error).__name__
                    message = f"its worker was lost {RETRIES + 1} times ({kind})"
                    yield index, Outcome(name, FAILED, message=message)
            tick()
    finally:
        _stop(ray, list(running))


def _lift_in_task(job: Job, choices: Choices) -> Outcome:
    """Lift one video in a process of Ray's, which has no other work."""
    prepare_process()
    return lift_job_with_notes(job, choices)


def _connected(address: str) -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise UsageError("--ray needs Ray: pip install 'glagcn[cluster]'") from error
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == LOCAL:
        options["include_dashboard"] = False
    try:
        _check_somebody_listens(address)
        ray.init(address=address, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise DeviceError(f"--ray {address}: no Ray cluster answers there ({error})") from error
    module: ModuleType = ray
    return module


def _check_somebody_listens(address: str) -> None:
    """Raise OSError where an address with a port does not answer; Ray would wait for minutes."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.hostname and parts.port:
        socket.create_connection((parts.hostname, parts.port), _TIME_TO_ANSWER).close()


def _wants_gpu(device: str, there: float) -> bool:
    return device.startswith("cuda") or (device == "auto" and there > 0)


def _stop(ray: ModuleType, running: list[Any]) -> None:
    """Interrupt tasks that still run, as Ctrl-C would, and leave the cluster."""
    try:
        for reference in running:
            with suppress(ray.exceptions.RayError):
                ray.cancel(reference)
        if running:
            ray.wait(running, num_returns=len(running), timeout=_TIME_TO_UNWIND)
    finally:
        ray.shutdown()


def _absolute(job: Job) -> Job:
    source = job.source
    if not source.is_address:
        source = Source.of(source.path.absolute())
    return Job(source, tuple(output.absolute() for output in job.outputs))


def _anywhere(settings: Settings) -> Settings:
    """Return the same settings with absolute paths for models that are files."""

    def absolute(name: str) -> str:
        files = [Path(part) for part in name.split(",")]
        return ",".join(str(file.absolute() if file.is_file() else file) for file in files)

    return replace(
        settings,
        detector=absolute(settings.detector),
        pose=absolute(settings.pose),
        lifter=absolute(settings.lifter),
    )
