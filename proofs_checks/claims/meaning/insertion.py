r"""Functions whose definitions take other functions of their arguments, put in as trees.

    f(y) = 2 g(y),  f(y_1) = f(y_2)      2 g(y_1) = 2 g(y_2)

g(y) is a symbol whose name has its argument in it, so no value of y can be put in later.
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import Authored, Template
from proofs_checks.claims.meaning.rewriting import Change, mapped
from proofs_checks.claims.tree import nodes

__all__ = ["put_in"]

DEEPEST = 4  # definitions inside definitions


def put_in(authored: Authored) -> Change:
    """Return what replaces the values of such functions by their definitions."""
    return _Insertion(authored).change


class _Insertion:
    def __init__(self, authored: Authored, depth: int = 0) -> None:
        self.authored, self.depth = authored, depth

    def change(self, node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Apply) or self.authored.mode(node) != "template":
            return node
        template = self.authored.templates.get(self.authored.function_name(node) or "")
        if template is None or self.depth == DEEPEST or not self._takes_others(template):
            return node
        values = dict(zip(template.formals, node.arguments, strict=True))
        if _captures(template.body, node.arguments):
            return node
        body = mapped(template.body, lambda below: values.get(below, below))
        return mapped(body, _Insertion(self.authored, self.depth + 1).change)

    def _takes_others(self, template: Template) -> bool:
        """Return whether a definition has a symbol of its formal arguments in it."""
        return any(
            isinstance(below, tree.Apply)
            and self.authored.mode(below) == "quantity"
            and any(x in template.formals for x in below.arguments)
            for below in nodes(template.body)
        )


def _captures(body: tree.Node, arguments: tuple[tree.Node, ...]) -> bool:
    """Return whether something in a body binds a letter of what would be put into it."""
    letters = tree.letters(*arguments)
    return any(
        isinstance(n, tree.Name) and n.letter in letters
        for below in nodes(body)
        if isinstance(below, tree.Bound)
        for n in nodes(below.index)
    )
