"""The torch engine: Dormand-Prince of order 8 on whole batches, on any device, float64.

The same generated source as everywhere runs on tensors: one operation for all trajectories.  Each
trajectory has a step length of its own; a step is taken by those whose error allows it.  The
coefficients are those that SciPy publishes with its `DOP853`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from numerics.integration.problem import PACE, TWICE, Problem, Solution, failure
from theory.codegen.compiling import compiled
from theory.codegen.components import FUNCTIONS, Components, component_source

__all__ = ["TorchEngine"]

SHRINK, GROW, SAFETY, ORDER = 0.2, 6.0, 0.9, 8


class TorchEngine:
    """Integrates all trajectories of a call at once.

    ``device``  where: "cpu", "cuda", "cuda:1", ...

    Raises `ValueError` if sections are asked for, or if torch has no such device.
    """

    def __init__(self, problem: Problem, device: str = "cpu") -> None:
        import torch

        if problem.events.sections:
            raise ValueError(
                "the engine `torch` locates no sections; take `explicit`, `stiff` or `scipy`."
            )
        try:
            torch.zeros(1, device=device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"torch has no device `{device}` here: {reason}") from None
        self.problem, self.device = problem, device
        self.field = _field(problem.field)

    def solve(self, starts: np.ndarray, values: np.ndarray) -> Solution:
        """Return the trajectories from ``starts`` (batch, d), parameters ``values`` (batch, m)."""
        import torch

        with torch.no_grad():
            return _Run(self, starts, values).solution()


class _Run:
    """The state of all trajectories: arrays (d, batch) and (batch,) on the device."""

    def __init__(self, engine: TorchEngine, starts: np.ndarray, values: np.ndarray) -> None:
        import torch
        from scipy.integrate import DOP853

        self.problem, self.field, self.starts = engine.problem, engine.field, starts
        self.new = lambda x: torch.tensor(np.asarray(x), dtype=torch.float64, device=engine.device)
        tableau: Any = DOP853
        self.stages, self.extra = tableau.A, tableau.A_EXTRA
        self.weights, self.third, self.fifth = map(self.new, (tableau.B, tableau.E3, tableau.E5))
        self.dense = self.new(tableau.D)
        self.y, self.p = self.new(starts.T), self.new(values.T)
        self.times = self.new(self.problem.times)
        batch = len(starts)
        self.time = self.times[0].repeat(batch)
        self.done = torch.ones(batch, dtype=torch.long, device=engine.device)
        self.steps = torch.zeros(batch, dtype=torch.long, device=engine.device)
        self.mark, self.before = self.time, torch.zeros_like(self.time)
        self.alive = torch.ones(batch, dtype=torch.bool, device=engine.device)
        self.ended = np.full(batch, "finished", dtype=object)
        self.out = torch.full(
            (batch, len(self.times), starts.shape[1]), np.nan, dtype=torch.float64,
            device=engine.device,
        )  # fmt: skip
        self.out[:, 0] = self.y.T

    def solution(self) -> Solution:
        import torch

        f = self.field(self.y, self.p)
        self._end(~torch.isfinite(f).all(dim=0), "not finite")
        self._rest(self.alive.clone(), self.y, f)
        h = self._first_step(f)
        while bool(self.alive.any()) and not self.problem.halt[0]:
            f, h = self._step(f, h)
        result = Solution.empty(self.problem, self.starts)
        result.y[:] = self.out.cpu().numpy()
        result.end[:], result.end_time[:] = self.y.T.cpu().numpy(), self.time.cpu().numpy()
        result.steps[:] = self.steps.cpu().numpy()
        for n, reason in enumerate(self.ended):
            result.status[n] = reason
            if reason not in ("finished", "fixed point"):
                result.status[n], result.message[n] = failure(
                    self.problem, reason, float(result.end_time[n]), result.end[n], self.starts[n]
                )
        return result

    def _step(self, f: Any, h: Any) -> tuple[Any, Any]:
        """Try one step for all that are alive; return velocities and step lengths after it."""
        import torch

        left = self.times[-1] - self.time
        last = h >= left
        h = torch.where(last, left, h)
        k = self._slopes(f, h)
        after = self.y + h * torch.tensordot(self.weights, k[:12], dims=1)
        k = torch.cat([k, self.field(after, self.p)[None]])
        error = self._error(k, after, h)
        finite = torch.isfinite(error) & torch.isfinite(k[12]).all(dim=0)
        good = self.alive & finite & (error <= 1)
        new = torch.where(last, self.times[-1], self.time + h)
        self._output(good, k, after, h, new)
        good &= self.alive | (
            self.done >= len(self.times)
        )  # resting trajectories stay where they are
        self.y = torch.where(good, after, self.y)
        f = torch.where(good, k[12], f)
        self.time = torch.where(good, new, self.time)
        self.steps += good
        self.alive &= self.done < len(self.times)
        factor = SAFETY * error.clamp(min=1e-10) ** (-1 / ORDER)
        factor = torch.where(finite, factor.clamp(SHRINK, GROW), SHRINK)
        h = h * torch.where(good, factor, factor.clamp(max=1.0))
        short = self.alive & ~good & (h < self.problem.shortest_step)
        self._end(short & finite, "step too small")
        self._end(short & ~finite, "not finite")
        self._end(self.alive & (self.steps >= self.problem.max_steps), "too many steps")
        self._end(self._hopeless(good), "too many steps")
        return f, h

    def _hopeless(self, moved: Any) -> Any:
        """Return which are out of reach of the end; see `numerics.integration.problem.Pace`."""
        import torch

        look = moved & (self.steps % PACE == 0)
        covered, left = self.time - self.mark, self.problem.max_steps - self.steps
        slow = TWICE * covered * left < PACE * (self.times[-1] - self.time)
        found = look & slow & (covered <= self.before)
        self.mark = torch.where(look, self.time, self.mark)
        self.before = torch.where(look, covered, self.before)
        return found

    def _slopes(self, f: Any, h: Any) -> Any:
        """Return the velocities of the twelve stages, (12, d, batch)."""
        import torch

        k = f.new_empty((12, *f.shape))
        k[0] = f
        for n in range(1, 12):
            weights = self.new(self.stages[n, :n])
            k[n] = self.field(self.y + h * torch.tensordot(weights, k[:n], dims=1), self.p)
        return k

    def _error(self, k: Any, after: Any, h: Any) -> Any:
        """Return the estimate of orders 5 and 3 combined, in units of the tolerance."""
        import torch

        scale = self.problem.atol + self.problem.rtol * torch.maximum(self.y.abs(), after.abs())
        fifth = ((torch.tensordot(self.fifth, k, dims=1) / scale) ** 2).sum(dim=0)
        third = ((torch.tensordot(self.third, k, dims=1) / scale) ** 2).sum(dim=0)
        below = fifth + 0.01 * third
        error = h * fifth / (below * len(self.y)).clamp(min=1e-300).sqrt()
        return torch.where(below == 0, 0.0, error)

    def _output(self, good: Any, k: Any, after: Any, h: Any, new: Any) -> None:
        """Store the states at output times that the accepted steps pass."""
        import torch

        inside = None
        while True:
            due = self.times[self.done.clamp(max=len(self.times) - 1)]
            now = good & self.alive & (self.done < len(self.times)) & (due <= new)
            if not bool(now.any()):
                return
            y = after
            if bool((now & (due < new)).any()):
                inside = self._interpolant(k, after, h) if inside is None else inside
                y = torch.where(
                    due == new, after, _evaluated(inside, self.y, (due - self.time) / h)
                )
            rows = torch.nonzero(now)[:, 0]
            self.out[rows, self.done[rows]] = y.T[rows]
            self.done += now
            if self.problem.events.rest is not None:
                self._rest(now, y, self.field(y, self.p), due)

    def _interpolant(self, k: Any, after: Any, h: Any) -> Any:
        """Return the seven coefficients of the dense output of order 7."""
        import torch

        for n in range(13, 16):
            weights = self.new(self.extra[n - 13, :n])
            y = self.y + h * torch.tensordot(weights, k[:n], dims=1)
            k = torch.cat([k, self.field(y, self.p)[None]])
        change = after - self.y
        rows = [change, h * k[0] - change, 2 * change - h * (k[12] + k[0])]
        return [*rows, *(h * torch.tensordot(self.dense, k, dims=1))]

    def _rest(self, among: Any, y: Any, f: Any, time: Any = None) -> None:
        """End trajectories that rest at ``y``."""
        import torch

        rest = self.problem.events.rest
        if rest is None:
            return
        still = f.abs().amax(dim=0) <= rest.tolerance * (1 + y.abs().amax(dim=0))
        now = among & self.alive & still
        self.y = torch.where(now, y, self.y)
        if time is not None:
            self.time = torch.where(now, time, self.time)
        self._end(now, "fixed point")

    def _end(self, which: Any, reason: str) -> None:
        which = which & self.alive
        self.ended[which.cpu().numpy()] = reason
        self.alive = self.alive & ~which

    def _first_step(self, f: Any) -> Any:
        scale = self.problem.atol + self.problem.rtol * self.y.abs()
        size, speed = ((x / scale).square().mean(dim=0).sqrt() for x in (self.y, f))
        span = self.times[-1] - self.times[0]
        h = 0.01 * size / speed.clamp(min=1e-300)
        return h.where((size >= 1e-5) & (speed >= 1e-5), 1e-6 * span).clamp(max=float(span))


def _evaluated(coefficients: list[Any], before: Any, x: Any) -> Any:
    """Return the dense output at parts x of the step: x and 1 - x alternate as factors."""
    y = 0
    for n, row in enumerate(reversed(coefficients)):
        y = (y + row) * (x if n % 2 == 0 else 1 - x)
    return y + before


@cache
def _field(field: Components) -> Callable[[Any, Any], Any]:
    import torch

    run = compiled(component_source(field, "shifted"), "field", field.name, _namespace())

    def velocity(y: Any, p: Any) -> Any:
        rows = [torch.as_tensor(x, dtype=y.dtype, device=y.device) for x in run(y, p)]
        return torch.stack([x.expand(y.shape[1]) for x in rows])

    return velocity


@cache
def _namespace() -> Mapping[str, Any]:
    import math

    import torch

    def lifted(name: str) -> Callable[[Any], Any]:
        """Return a function of tensors that takes plain numbers too: exp(1) stands in a field."""
        of_tensors, of_numbers = getattr(torch, name), getattr(math, name)
        return lambda x: of_tensors(x) if isinstance(x, torch.Tensor) else of_numbers(x)

    def maximum(a: Any, b: Any) -> Any:
        tensors = [x if isinstance(x, torch.Tensor) else torch.tensor(float(x)) for x in (a, b)]
        return torch.maximum(*torch.broadcast_tensors(*tensors))

    names: dict[str, Any] = {name: lifted(name) for name in FUNCTIONS}
    names |= {"step": lambda x: 0.5 * ((x > 0) * 1.0 + (x >= 0) * 1.0), "jump": lambda x: 0.0 * x}
    return {**names, "maximum": maximum, "pi": math.pi, "ratio": lambda p, q: p / q}
