"""torch tensors as arguments of generated functions: the only module that imports torch.

The import stands inside functions, so that `import theory` stays free of torch.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

__all__ = ["TorchBackend"]

Position = tuple[int, ...]


class TorchBackend:
    """Arguments are tensors of one type, float32, float64 or bfloat16, on one device.

    Tensors of integers or bools, and plain numbers, are converted to that type (float64 if no
    argument has one).
    """

    def __init__(self) -> None:
        import torch

        self.torch = torch

    def converted(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
        """Return the tensors in their common type, and its rounding unit.

        Raises `TypeError` for anything that is no tensor of real numbers, and for two types or
        two devices.
        """
        torch = self.torch
        tensors = {x: v for x, v in given.items() if isinstance(v, torch.Tensor)}
        for name, value in given.items():
            self._check_kind(name, value)
        dtypes = {x: v.dtype for x, v in tensors.items() if v.is_floating_point()}
        devices = {x: v.device for x, v in tensors.items()}
        _check_same("dtype", dtypes, "Convert one with `.to(...)`.")
        _check_same("device", devices, "Move one with `.to(...)`.")
        dtype = next(iter(dtypes.values()), torch.float64)
        device = next(iter(devices.values()), torch.device("cpu"))
        unit = float(torch.finfo(dtype).eps)
        arrays = {x: torch.as_tensor(v, dtype=dtype, device=device) for x, v in given.items()}
        return arrays, dict.fromkeys(given, unit)

    def _check_kind(self, name: str, value: Any) -> None:
        torch = self.torch
        if isinstance(value, numbers.Real):
            return
        if not isinstance(value, torch.Tensor):
            raise TypeError(
                f"`{name}` must be a torch tensor; got {type(value).__name__}. "
                "Use `torch.as_tensor(...)`, or generate with backend='numpy'."
            )
        if value.layout != torch.strided:
            raise TypeError(
                f"`{name}` must be a dense tensor; got layout {value.layout}. Use `.to_dense()`."
            )
        real = value.dtype in (torch.float32, torch.float64, torch.bfloat16)
        if value.is_complex() or (value.is_floating_point() and not real):
            raise TypeError(
                f"`{name}` must be float32, float64 or bfloat16 (integers and bools are "
                f"converted); got {value.dtype}. Convert it with `.to(torch.float64)`."
            )

    def scalar(self, array: Any) -> Any:
        """Return a tensor without axes as it is."""
        return array

    def offender(self, array: Any, test: str) -> tuple[Position, float] | None:
        """Return the place and value of the first entry that fails a test, or None."""
        array = array.detach()
        if test == "finite" and math.isfinite(array.sum().item()):
            return None  # one pass without a temporary; an overflow only means a closer look
        passed = {
            "finite": lambda: self.torch.isfinite(array),
            "positive": lambda: array > 0,
            "nonnegative": lambda: array >= 0,
            "nonzero": lambda: array != 0,
            "zero or one": lambda: (array == 0) | (array == 1),
        }[test]()
        if bool(passed.all()):
            return None
        place = tuple(int(n) for n in (~passed).nonzero()[0])
        return place, float(array[place])

    def dead_row(self, array: Any, axis: int) -> Position | None:
        """Return the first position along whose ``axis`` every entry is zero, or None."""
        dead = (array.detach() == 0).all(dim=axis)
        return tuple(int(n) for n in dead.nonzero()[0]) if bool(dead.any()) else None

    def largest(self, array: Any) -> tuple[Position, float]:
        """Return the place and size of the entry farthest from zero."""
        sizes = self.torch.as_tensor(array).detach().abs()
        flat = int(sizes.argmax())
        size, place = float(sizes.flatten()[flat]), []
        for length in reversed(sizes.shape):
            flat, rest = divmod(flat, length)
            place.insert(0, rest)
        return tuple(place), size

    def quietly(self) -> AbstractContextManager:
        """Return a context that does nothing: torch gives no floating-point warnings."""
        return nullcontext()


def _check_same(what: str, found: Mapping[str, object], fix: str) -> None:
    first = next(iter(found), "")
    for name, kind in found.items():
        if kind != found[first]:
            raise TypeError(
                f"all tensors must have one {what}; `{first}` has {found[first]} and "
                f"`{name}` has {kind}. {fix}"
            )
