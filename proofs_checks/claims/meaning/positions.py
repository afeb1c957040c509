r"""Constant positions: letters that a definition mentions and nothing binds.

    L = -\log p_y      y is one fixed position, so that L has a silent index y

`descent` builds on `Positions`.
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.inference import Inference
from proofs_checks.claims.meaning.roles import INDEX_LETTERS
from proofs_checks.claims.tree import children

__all__ = ["Positions"]


class Positions(Inference):
    """Gives the symbols of a document their constant positions."""

    def _find_fixed_positions(self) -> None:
        """Give symbols the constant positions that their definitions mention."""
        changed = True
        while changed:
            changed = False
            for name, pieces in self.definitions.found.items():
                symbol = self.symbols.table.get(name)
                if symbol is None:
                    continue
                piece = pieces[0]
                own = {self.roles.letter(x) for x in piece.reference.indices}
                right = piece.statement.sides[piece.right]
                free = self._free_letters(right, frozenset()) - own - self._contracted(right)
                if own:  # c_i = w_k: a wrong index, no constant position
                    free -= INDEX_LETTERS
                free = {x for x in free if not x.isupper()}  # E[I] is no entry of E
                new = {x for x in free if x not in self.roles.bound and x not in symbol.fixed}
                if new:
                    symbol.fixed = tuple(sorted({*symbol.fixed, *new}))
                    changed = True

    def _free_letters(self, node: tree.Node, bound: frozenset[str]) -> set[str]:
        found: set[str] = set()
        if isinstance(node, tree.Sum):
            bound = bound | set(self.roles.binds(node))
        reference = None
        if isinstance(node, tree.Name | tree.Entry | tree.Power):
            reference = self.roles.reference(node)
        elif isinstance(node, tree.Apply) and self.authored.mode(node) == "quantity":
            reference = self.authored.quantity(node)
        if reference is not None:
            letters = {self.roles.letter(x) for x in reference.indices}
            found |= {x for x in letters if x is not None}
            symbol = self.symbols.table.get(reference.name)
            found |= set(symbol.fixed) if symbol else set()
        elif isinstance(node, tree.Call) and node.function == "expectation":
            for low in node.lower:
                if isinstance(low, tree.Compare) and (x := self.roles.letter(low.left)):
                    bound = bound | {x}
        if reference is None or isinstance(node, tree.Power):
            for field in children(node):
                found |= self._free_letters(field, bound)
        return found - bound

    def _contracted(self, node: tree.Node) -> set[str]:
        """Return the letters that stand in two factors of a product, as if summed over."""
        found = set[str]().union(*map(self._contracted, children(node)))
        if isinstance(node, tree.Product):
            seen: set[str] = set()
            for factor in node.factors:
                here = self._free_letters(factor, frozenset())
                found |= here & seen
                seen |= here
        return found
