r"""What a document differentiates, and what a step of descent moves.

    \partial L/\partial s_i    L is the loss; where nothing defines it, it is opaque
    \Delta x = -\eta dx        the step moves the coordinates: what the loss is computed from

`side_conditions` builds on `Descent`.
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.positions import Positions
from proofs_checks.claims.meaning.typing import Context
from proofs_checks.claims.tree import nodes
from theory.algebra.symbols import scalar

__all__ = ["Descent"]


class Descent(Positions):
    """Finds the loss of a document and its coordinates, and makes the context of typing."""

    def _find_loss(self) -> None:
        """Find what is differentiated: defined scalars first, else an unknown one."""
        counts: dict[str, int] = {}
        bys: dict[str, set[str]] = {}
        shorthand = False
        for statement in self.statements:
            for root in statement.roots:
                for node in nodes(root):
                    if isinstance(node, tree.Derivative | tree.Gradient):
                        name = self._scalar_name(node.quantity)
                        by = {x for b in node.by for x in self.names(b)}
                        if name is not None and by != {name}:
                            counts[name] = counts.get(name, 0) + 1
                            bys.setdefault(name, set()).update(by)
                    shorthand |= isinstance(node, tree.Differential)
        context_loss = self.base.loss if self.base is not None else None
        used = {n for name in self.definitions.found for n in self.definitions.depends_on(name)}
        defined = [n for n in counts if n in self.definitions.found]
        if shorthand:  # a gradient is of what nothing else is computed from
            defined = [n for n in defined if n not in used]
        unknown = [n for n in counts if n not in self.definitions.found]
        usual = [n for n in self.definitions.found if n in ("L", "J", "E", "F", "loss")]
        usual = [n for n in usual if self._is_scalar(n)]
        name = next(
            iter(
                [n for n in defined if n in ("L", "J", "E", "F")]
                + ([n for n in unknown if n in ("L", "J", "E", "F", "C", "ell", "loss")])
                + usual
                + unknown
                + defined
            ),
            "L",
        )
        if name in self.symbols.table and (
            not self._is_scalar(name)
            or (name not in self.definitions.found and name not in counts and not shorthand)
        ):
            name = "loss."
        self.loss_name = context_loss.name if context_loss is not None else name
        loss = context_loss if context_loss is not None else scalar(name)
        self.context = Context(self.roles, self.authored, self.symbols, self.ranges, loss)
        self.differentiated_by = bys
        if self.base is None:
            self.context.opaque = {
                n for n in unknown if not self.symbols.table[n].depends or n == name
            }
            if name not in self.symbols.table or (
                shorthand and not counts and name not in self.definitions.found
            ):
                if shorthand and (name not in self.symbols.table or self._is_scalar(name)):
                    self.context.opaque.add(name)
            self.context.has_loss = bool(counts) or shorthand or name in self.definitions.found
        else:
            self.context.has_loss = True
            self.context.opaque = {
                n for n in unknown if n != self.loss_name and n not in self.base.tensors
            }
        self._find_coordinates()

    def _find_coordinates(self) -> None:
        """Find what a step moves: scores and values of a vocabulary, else the loss's variables."""
        computed: dict[str, frozenset[str]] = {}
        if self.base is not None:
            computed |= self.base.ancestors
            free = [n for n in ("s", "v") if n in self.base.tensors]
            inputs = [str(getattr(x, "label", x)) for x in self.base.inputs]
            self.context.coordinates = (*free, *inputs)
        for name in self.definitions.found:
            computed[name] = self.definitions.depends_on(name)
        self.context.computed = computed
        if self.base is None:
            below = computed.get(self.loss_name, frozenset())
            self.context.coordinates = tuple(sorted(n for n in below if n not in computed))

    def _scalar_name(self, node: tree.Node) -> str | None:
        reference = self.definitions.reference(node)
        if reference is None or reference.indices:
            return None
        return reference.name if self._is_scalar(reference.name) else None

    def _is_scalar(self, name: str) -> bool:
        symbol = self.symbols.table.get(name)
        return symbol is not None and symbol.axes.total == 0 and not symbol.fixed
