"""A model: a straight-line program from inputs to a loss, written down once.

The definitions stand one per line, as a paper would write them.  Everything else is derived from
them: gradients (reverse mode), LaTeX, generated code, flows.  The vocabulary names quantities of
the theory that are not needed to compute the loss, such as the upstream gradient u_i = dL/dg_i.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp

from theory.algebra.expressions import Equation, entry_tensor, free_indices, slots, tensors_in
from theory.algebra.folding import Rule
from theory.algebra.symbols import Index, Size, Tensor
from theory.algebra.writing import Writer
from theory.models.facts import (
    causal_mask,
    holds_anyway,
    refolding_rules,
    row_sum_rules,
    rule_of,
    support_rules,
)

__all__ = ["Constraint", "Definition", "Model", "name_of"]


def name_of(tensor: sp.Basic) -> str:
    """Return the name of a tensor or a scalar."""
    label = tensor.label if isinstance(tensor, Tensor) else tensor
    return label.name if isinstance(label, sp.Symbol) else str(label)


@dataclass(frozen=True)
class Definition:
    """``symbol = value`` for all values of the indices of ``symbol``, with its name in words.

    ``hypotheses`` are the constraints under which the value was derived, none if it is given;
    ``facts`` the names of which something was used that follows from their definitions.
    """

    symbol: sp.Expr
    value: sp.Expr
    title: str
    hypotheses: tuple[str, ...] = ()
    facts: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the tensor or scalar."""
        return name_of(self.tensor)

    @property
    def tensor(self) -> sp.Basic:
        """The tensor, or the scalar itself."""
        return entry_tensor(self.symbol)

    @property
    def parameters(self) -> tuple[Index, ...]:
        """The indices of the left side."""
        return slots(self.symbol)


@dataclass(frozen=True)
class Constraint:
    """A hypothesis on the inputs, such as sum_c y_ic = 1; ``text`` is how reports name it."""

    equation: Equation
    text: str


@dataclass(frozen=True)
class Model:
    """Sizes, inputs, ordered definitions, a scalar loss, and hypotheses on the inputs.

    ``loss`` is the symbol of the last definition.  ``vocabulary`` holds further definitions whose
    values may contain `Partial` of the loss.  ``letters`` gives each size the letters its indices
    are printed with.  ``features`` records the variant (mask, heads, ...) for those who need it.

    Raises `ValueError` when a definition uses a symbol that no earlier line defines, defines one
    again, has an index on one side only or twice on the left; when sizes and quantities share a
    name; when no definition has the loss on its left.
    """

    name: str
    title: str
    sizes: tuple[Size, ...]
    inputs: tuple[sp.Basic, ...]
    definitions: tuple[Definition, ...]
    loss: sp.Symbol
    constraints: tuple[Constraint, ...] = ()
    vocabulary: tuple[Definition, ...] = ()
    letters: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    features: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check that every symbol is defined once, before it is used."""
        known: set[str] = set()
        for name in [size.name for size in self.sizes] + [name_of(x) for x in self.inputs]:
            self._check_new(name, known)
            known.add(name)
        for line in self.definitions:
            self._check_new(line.name, known)
            self._check_indices(line)
            unknown = sorted(tensors_in(line.value) - known)
            if unknown:
                raise ValueError(
                    f"model `{self.name}`: the definition of `{line.name}` uses {unknown}, "
                    "which no input and no earlier line defines."
                )
            known.add(line.name)
        for line in self.vocabulary:
            self._check_new(line.name, known)
            self._check_indices(line)
            known.add(line.name)
        if all(line.symbol != self.loss for line in self.definitions):
            raise ValueError(f"model `{self.name}`: no definition has the loss `{self.loss}`.")
        self._check_circles()

    def _check_new(self, name: str, known: set[str]) -> None:
        if name in known:
            raise ValueError(
                f"model `{self.name}`: `{name}` is defined twice; sizes, inputs and definitions "
                "need different names."
            )

    def _check_circles(self) -> None:
        """Check that the vocabulary, which may stand in any order, can be put in one."""
        waiting = {line.name: tensors_in(line.value) for line in self.vocabulary}
        while waiting:
            ready = [name for name, used in waiting.items() if used.isdisjoint(waiting)]
            if not ready:
                raise ValueError(
                    f"model `{self.name}`: {sorted(waiting)} are defined in terms of each other."
                )
            for name in ready:
                del waiting[name]

    def _check_indices(self, line: Definition) -> None:
        """Check that the left side has every free index of the right side, and each once."""
        left = line.parameters
        if any(not isinstance(k, Index) for k in left) or len(set(left)) < len(left):
            raise ValueError(
                f"model `{self.name}`: the left side `{line.symbol}` needs a different index in "
                f"every slot; got {list(left)}."
            )
        stray = sorted(str(k) for k in free_indices(line.value) - set(left))
        if stray:
            raise ValueError(
                f"model `{self.name}`: {stray} stand free in the definition of `{line.symbol}`; "
                "sum over them or put them on the left side."
            )

    def _repr_latex_(self) -> str:
        from theory.latex.rich import model_latex

        return model_latex(self)

    def __hash__(self) -> int:
        """Models are told apart by name and lines."""
        return hash((self.name, self.definitions, self.vocabulary, self.constraints))

    @cached_property
    def by_name(self) -> Mapping[str, Definition]:
        """The definitions and the vocabulary by name."""
        return {line.name: line for line in (*self.definitions, *self.vocabulary)}

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """By the name of a line, the names of all that it is computed from, directly or not."""
        found: dict[str, frozenset[str]] = {}

        def above(name: str) -> frozenset[str]:
            line = self.by_name.get(name)
            if line is not None and name not in found:
                direct = tensors_in(line.value)
                found[name] = direct.union(*map(above, direct))
            return found.get(name, frozenset())

        for name in self.by_name:
            above(name)
        return found

    @cached_property
    def tensors(self) -> Mapping[str, sp.Basic]:
        """Every tensor and scalar by name."""
        inputs = {name_of(x): x for x in self.inputs}
        return {**inputs, **{name: line.tensor for name, line in self.by_name.items()}}

    @cached_property
    def size_names(self) -> Mapping[str, Size]:
        """The sizes by name."""
        return {size.name: size for size in self.sizes}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The hypotheses, and the facts that follow from definitions (rows that sum to one)."""
        hypotheses = tuple(
            rule_of(c.equation, c.text) for c in self.constraints if not holds_anyway(c.equation)
        )
        facts = support_rules(self.definitions, causal_mask(self))
        return (*hypotheses, *row_sum_rules(self.definitions), *facts)

    @cached_property
    def refolding(self) -> Mapping[str, Rule]:
        """For each quotient such as alpha, the rule that recognises it when written out."""
        return refolding_rules(self.definitions)

    def writer(self, extra: Iterable[sp.Basic] = ()) -> Writer:
        """Return a writer that uses this model's symbols and letters, and ``extra`` symbols."""
        extra = list(extra)
        sizes = {x.name: x for x in extra if isinstance(x, Size)}
        tensors = {name_of(t): t for t in extra if not isinstance(t, Size | Index)}
        return Writer({**tensors, **self.tensors}, {**sizes, **self.size_names}, self.letters)

    def letter(self, size: Size, taken: Iterable[str]) -> str:
        """Return the first letter for indices over ``size`` that is not taken."""
        return self.writer().letter(size.name, set(taken))

    def entry(self, tensor: sp.Basic) -> sp.Expr:
        """Return the entry of a tensor at this model's usual letters, the scalar itself if none."""
        if not isinstance(tensor, Tensor):
            return tensor  # type: ignore[return-value]
        letters: list[str] = []
        for size in tensor.axes:
            letters.append(self.letter(size, letters))
        return tensor[tuple(Index(x, size) for x, size in zip(letters, tensor.axes, strict=True))]

    def index(self, name: str, size: str) -> Index:
        """Return the index ``name`` over the size called ``size``."""
        return Index(name, self.size_names[size])
