"""The lines of a program, split into what comes before, in and after a walk over blocks of rows.

    s_ij, alpha_ij, D_ij        exist for the rows of one block only
    dL/dk_jr = sum_i D_ij q_ir  is accumulated, block after block
    dL/dq_ir                    is kept, block after block, if it is needed as a whole

So memory is linear in the number of rows.  Where a causal mask M_ij makes every summand zero for
keys after the last row of a block, those keys are left out: then the block sees a head with fewer
keys.  Nothing is derived anew; the indices of the lines get smaller ranges.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sympy as sp

from theory.algebra.expressions import bound_of, entry_tensor, free_indices, tensors_in
from theory.algebra.symbols import Size, Tensor
from theory.codegen.block_ranges import SEEN, Blocked, Ranges, Step, cut_of
from theory.codegen.block_roles import Axis, NoBlocks, Roles, apart, axis_classes, entries
from theory.codegen.patterns import axes_of, is_large, summand
from theory.models.model import Definition, name_of

__all__ = ["split"]


def split(
    lines: Sequence[Definition],
    inputs: Sequence[sp.Basic],
    loss: str,
    returned: Collection[str],
    mask: Tensor | None = None,
) -> Blocked:
    """Return the lines split for a walk over blocks; ``mask`` is a causal mask that is made.

    ``returned`` are the lines besides the ``loss`` that are handed out.

    Raises `NoBlocks`, a `ValueError`, if one walk cannot compute them.
    """
    lines = [apart(line) for line in lines]
    try:
        return _split(lines, inputs, loss, returned, mask)
    except NoBlocks as reason:
        terms = _with_terms_apart(lines)
        if len(terms) == len(lines):
            raise reason from None
        return _split(terms, inputs, loss, returned, mask)


def _split(
    lines: Sequence[Definition],
    inputs: Sequence[sp.Basic],
    loss: str,
    returned: Collection[str],
    mask: Tensor | None,
) -> Blocked:
    classes = axis_classes(lines, inputs)
    in_loss = {axis for line in lines if line.name == loss for axis, _ in entries(line.value)}
    reasons = []
    for rows in (c for c in classes if c & in_loss):  # the loss adds up over rows
        if any(size.feature for size in _sizes_of(rows, lines)):
            continue
        for limited in (True, False) if mask is not None else (False,):
            try:
                return _Splitting(lines, {loss, *returned}, mask, rows, classes, limited).result
            except NoBlocks as reason:
                reasons.append(str(reason))
    raise NoBlocks(reasons[0] if reasons else "no array has two axes over positions")


def _with_terms_apart(lines: Sequence[Definition]) -> list[Definition]:
    """Return the lines with each term that holds a large array as a line of its own.

    dL/dx_i = sum_j D_ij k_j + sum_j D_ji q_j needs its first term row by row and adds up the other.
    """
    large = {line.name for line in lines if is_large(line.parameters)}
    result = []
    for line in lines:
        terms = sp.Add.make_args(line.value)
        holding = [t for t in terms if not large.isdisjoint(tensors_in(t))]
        if len(holding) < 2 or line.name in large or not line.parameters:
            result.append(line)
            continue
        value, sizes = line.value, [k.size for k in line.parameters]
        for n, term in enumerate(holding):
            part = Tensor(f"{line.name} term {n + 1}", sizes)[line.parameters]
            result.append(Definition(part, term, ""))
            value = value - term + part
        result.append(replace(line, value=value))
    return result


class _Splitting:
    """One attempt to split the lines; ``result`` is what came out."""

    def __init__(
        self,
        lines: Sequence[Definition],
        returned: Collection[str],
        mask: Tensor | None,
        rows: set[Axis],
        classes: list[set[Axis]],
        limited: bool,
    ) -> None:
        self.returned, self.mask = returned, mask
        self.roles = Roles(rows=set(rows))
        name = "" if mask is None else name_of(mask)
        if limited:
            keys = [c for c in classes if (name, 1) in c]
            if not keys or (name, 0) not in rows or keys[0] is rows:
                raise NoBlocks("the mask does not lie over rows and keys")
            self.roles.keys = set(keys[0])
        self.vanishing = {name} if limited else set()
        sizes = _sizes_of(rows, lines)
        if len(sizes) != 1:
            raise NoBlocks("rows of different sizes would have to be walked over together")
        self.result = Blocked(sizes.pop())
        self.ranges = Ranges(self.result, mask)
        self.local, self.late = self.ranges.local, self.ranges.late
        self.most_axes = max(_long_axes(line) for line in lines)
        self.whole = self._needed_whole(lines)
        for line in lines:
            self._place(line)
        for line in (*self.result.before, *self.result.after):
            if name in tensors_in(line.value):
                raise NoBlocks(f"`{line.name}` needs the whole mask")

    # -- where a line goes ------------------------------------------------------------------

    def _needed_whole(self, lines: Sequence[Definition]) -> set[str]:
        """Return the names of what exists in blocks and is needed beyond them."""
        late: set[str] = set()
        whole = set(self.returned)
        for line in lines:
            used = tensors_in(line.value)
            if used & late:
                whole |= used
                late.add(line.name)
            elif (rows := self.roles.of(line)[0]) and not rows & set(line.parameters):
                late.add(line.name)
        return whole

    def _is_largest(self, line: Definition) -> bool:
        """Return whether an array is as large as the scores, which exist in blocks only."""
        return _long_axes(line) == self.most_axes

    def _place(self, line: Definition) -> None:
        if tensors_in(line.value) & self.late:
            if self._is_largest(line) and line.name not in self.returned:
                raise NoBlocks(f"`{line.name}` depends on sums over all rows")
            self.late.add(line.name)
            self.result.after.append(line)
            return
        rows, keys = self.roles.of(line)
        if not rows:
            self.result.before.append(line)
        elif rows & set(line.parameters):
            self._local_line(line, rows, keys)
        else:
            self._accumulated(line, rows, keys)

    def _local_line(self, line: Definition, rows: frozenset, keys: frozenset) -> None:
        """Add a line that is computed row by row, and keep it where it is needed as a whole."""
        own = [n for n, k in enumerate(line.parameters) if k in rows]
        bound = {k for e in line.value.atoms(sp.Sum) for k in bound_of(e)}
        if len(own) != 1 or bound & rows:
            raise NoBlocks(f"`{line.name}` needs other rows than its own")
        self.roles.rows.add((line.name, own[0]))
        self.roles.keys |= {(line.name, n) for n, k in enumerate(line.parameters) if k in keys}
        self._check_seen(line.value, rows, keys)
        if keys and self._vanishes(line.value, rows, keys):
            self.vanishing.add(line.name)
        self.local[line.name] = f"{line.name} rows" if line.name in self.whole else line.name
        cut = self.ranges.cuts[line.name] = cut_of(line.parameters, rows, keys)
        if line.name not in self.whole:
            self.result.steps.append(Step(self.ranges.localised(line, rows, keys)))
            return
        if SEEN in cut and line.name not in self.vanishing:
            raise NoBlocks(f"`{line.name}` is asked for at keys that no block sees")
        if self._is_largest(line) and line.name not in self.returned:
            raise NoBlocks(f"`{line.name}` is needed as a whole")
        self.result.kept.append(line.tensor)
        used_here = Step(self.ranges.localised(line, rows, keys), line.symbol, cut)
        self.result.steps.append(used_here)

    def _accumulated(self, line: Definition, rows: frozenset, keys: frozenset) -> None:
        """Add a line that sums over rows: each block adds its part."""
        coefficient, total = _number_times_sum(line.value)
        if isinstance(total, sp.Sum) and tensors_in(coefficient).isdisjoint(self.local):
            self._accumulate(line, rows, keys)
        else:
            changes = {}
            for n, e in enumerate(_outermost_sums(line.value, rows)):
                axes = sorted(free_indices(e), key=str)
                name = f"{line.name} part {n + 1}"
                part = (
                    Tensor(name, [k.size for k in axes])[tuple(axes)] if axes else sp.Symbol(name)
                )
                changes[e] = part
                self._accumulate(Definition(part, e, ""), rows, keys)
            rest = line.value.xreplace(changes)
            if not tensors_in(rest).isdisjoint(self.local):
                raise NoBlocks(f"`{line.name}` mixes rows with what is summed over them")
            self.result.after.append(replace(line, value=rest))
        self.late.add(line.name)

    def _accumulate(self, line: Definition, rows: frozenset, keys: frozenset) -> None:
        _, total = _number_times_sum(line.value)
        if not isinstance(total, sp.Sum):
            raise NoBlocks(f"`{line.name}` is no sum over rows")
        if self._is_largest(line) and line.name not in self.returned:
            raise NoBlocks(f"`{line.name}` adds up over rows and is as large as the scores")
        summed = [k for k in bound_of(total) if k in rows]
        inner = {k for e in summand(total).atoms(sp.Sum) for k in bound_of(e)}
        if len(summed) != 1 or inner & rows:
            raise NoBlocks(f"`{line.name}` needs two rows at a time")
        if keys & (free_indices(total) | set(bound_of(total))):
            self._check_vanishes(summand(total), rows, keys)
        self._check_seen(summand(total), rows, keys)
        cut = tuple(SEEN if k in keys else "" for k in axes_of(line.symbol))
        self.result.kept.append(entry_tensor(line.symbol))
        local = self.ranges.localised(line, rows, keys)
        self.result.steps.append(Step(local, line.symbol, cut, adds=True))

    # -- keys that no row of a block sees -----------------------------------------------------

    def _check_seen(self, e: sp.Basic, rows: frozenset, keys: frozenset) -> None:
        """Check that every sum over keys has summands that vanish at keys not seen."""
        for total in e.atoms(sp.Sum):
            if keys & set(bound_of(total)):
                self._check_vanishes(summand(total), rows, keys)

    def _check_vanishes(self, e: sp.Basic, rows: frozenset, keys: frozenset) -> None:
        if not self._vanishes(e, rows, keys):
            raise NoBlocks("a sum over keys has summands where the mask hides them")

    def _vanishes(self, e: sp.Basic, rows: frozenset, keys: frozenset) -> bool:
        """Return whether an expression is zero wherever the mask is."""
        if isinstance(e, sp.Indexed):
            places = {k for k in e.indices if k in rows or k in keys}
            return name_of(e.base) in self.vanishing and len(places) == 2
        if isinstance(e, sp.Add):
            return all(self._vanishes(part, rows, keys) for part in e.args)
        return isinstance(e, sp.Mul) and any(self._vanishes(part, rows, keys) for part in e.args)


def _long_axes(line: Definition) -> int:
    return sum(not k.size.feature for k in line.parameters)


def _sizes_of(rows: Collection[Axis], lines: Sequence[Definition]) -> set[Size]:
    by_name = {line.name: line.parameters for line in lines}
    return {by_name[name][place].size for name, place in rows if name in by_name}


def _number_times_sum(e: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return what stands before the only sum of a product, and that sum; else 1 and the whole."""
    factors = sp.Mul.make_args(e)
    sums = [f for f in factors if isinstance(f, sp.Sum)]
    others = [f for f in factors if not isinstance(f, sp.Sum)]
    if len(sums) == 1 and not any(free_indices(f) or f.has(sp.Sum) for f in others):
        return sp.Mul(*others), sums[0]
    return sp.S.One, e


def _outermost_sums(e: sp.Basic, rows: frozenset) -> list[sp.Sum]:
    """Return the sums over rows that stand in no other one, in the order of the expression."""
    if isinstance(e, sp.Sum) and rows & set(bound_of(e)):
        return [e]
    return list(dict.fromkeys(s for part in e.args for s in _outermost_sums(part, rows)))
