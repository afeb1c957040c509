r"""Differentials and derivatives along a direction: the d that stands in front of a symbol.

    dO = dP\, V + P\, dV              `tree.Differential`, an adjoint or a change
    df(x) \cdot h,  d_x f(x, y) \cdot h   `tree.Directional`

A d is an operator only right before a symbol; elsewhere it is a letter like any other.
"""

from __future__ import annotations

from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.scripting import Scripting

__all__ = ["Differentials"]


class Differentials(Scripting):
    """A d in front of what it differentiates."""

    # -- directional derivatives --------------------------------------------------------------

    def is_directional(self, node: tree.Node) -> bool:
        r"""Return whether what stands before ``\cdot`` is a derivative that awaits directions."""
        if isinstance(node, tree.Directional) and not node.directions:
            return True
        return isinstance(node, tree.Differential) and isinstance(node.quantity, tree.Apply)

    def along(self, node: tree.Node) -> tree.Node:
        """Return a derivative along the direction, or the list of directions, that follows."""
        direction = self.operand()
        found = direction.entries if isinstance(direction, tree.Tuple) else (direction,)
        span = node.span.to(direction.span)
        if isinstance(node, tree.Directional):
            return replace(node, directions=tuple(found), span=span)
        if isinstance(node, tree.Differential):
            return tree.Directional(node.quantity, (), tuple(found), span=span)
        raise Refusal("this is no derivative along a direction", node.span)

    def _directional(self, lexeme: Lexeme) -> tree.Node | None:
        r"""Return ``d_x f(x, y)`` or ``d^2 f(x)``, None where the d is a letter of its own."""
        at = self.at
        by: list[tree.Node] = []
        order = 1
        while (script := self.peek) is not None and script.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if script.text == "_":
                by += self.items(found, opening)
            elif len(found) == 1 and found[0].kind == "number":
                order = int(found[0].text)
            else:
                self.at = at
                return None
        following = self.peek
        if following is None or not self.begins_operand(following) or following.sign("("):
            self.at = at
            return None
        node = self.operand() if following.kind in ("letter", "command", "word") else None
        if not isinstance(node, tree.Apply) or order > 4:
            self.at = at
            return None
        whole = by * order if by else [x for x in node.arguments for _ in range(order)]
        if order == 1 and not by:
            whole = []
        return tree.Directional(node, tuple(whole), (), span=lexeme.span.to(node.span))

    # -- differentials ------------------------------------------------------------------------

    def differential(self, lexeme: Lexeme, *, loose: bool = False) -> tree.Node | None:
        """Return ``dO``, None where the d is a letter of its own."""
        following = self.peek
        if following is not None and following.sign("_", "^"):
            return self._directional(lexeme)
        if following is None or following.kind not in ("letter", "command", "word"):
            return None
        if not loose and following.span.start != lexeme.span.end:
            return None
        if following.kind == "letter" and following.text == "d" and not loose:
            return None
        if following.kind == "command":
            if not self.begins_operand(following) or following.text in (
                "frac", "sum", "cdot", "times", "prod", "partial", "nabla", "mathbb", "langle",
                "dots", "cdots", "ldots", "sqrt", "log", "exp", "{",
            ):  # fmt: skip
                return None
        at = self.at
        node = self.operand()
        core = node
        while isinstance(core, tree.Transpose | tree.Power):
            core = core.base
        if not isinstance(core, tree.Name | tree.Entry | tree.Apply):
            self.at = at
            return None
        return self._of(node, lexeme.span, "operator")

    def differentiated(self, name: tree.Name, span: Span, style: str) -> tree.Node:
        """Return the differential of a name with its scripts."""
        return self._of(self.scripts(name), span, style)

    def _of(self, node: tree.Node, span: Span, style: str) -> tree.Node:
        if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Number):
            if isinstance(node.base, tree.Name) and node.base.letter == "sigma":
                return tree.Differential(node, style, span=span.to(node.span))
        return self.outside(node, lambda n: tree.Differential(n, style, span=span.to(n.span)))
