"""Half precision on devices that compute faster in it than in single."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SINGLE = "single"
"""Name of the choice to compute in single precision everywhere."""


def fast_precision(device: str) -> torch.dtype | None:
    """Return the half-precision type that a device multiplies natively; None for single precision.

    A CPU without instructions for bfloat16 would emulate it, slower than single precision. One
    whose instructions the environment limits (``ATEN_CPU_CAPABILITY=avx2``) is one without.
    """
    import torch

    if torch.device(device).type == "cuda":
        return torch.float16
    if torch.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2"):
        return None
    able = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if able else None


def run_in(precision: torch.dtype | None, device: str, part: Any, method: str = "forward") -> None:
    """Make a method of a network's part compute in half precision, in place; None leaves it.

    The method runs under autocast and returns its results `in_single` precision, so that later code
    is not affected.
    """
    import torch

    if precision is None:
        return
    kind, as_it_is = torch.device(device).type, getattr(part, method)

    def in_half(*args: Any, **options: Any) -> Any:
        with torch.autocast(kind, precision):
            results = as_it_is(*args, **options)
        return in_single(results)

    setattr(part, method, in_half)


def in_single(results: Any) -> Any:
    """Convert tensors, or tuples and lists of them, to float32; None stays."""
    if isinstance(results, (tuple, list)):
        parts, kind = map(in_single, results), type(results)
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
    return None if results is None else results.float()
