r"""How a name is spelled: one text for each symbol of a document.

Fonts and the two shapes of a Greek letter tell names apart only where the document needs it: bold
``\mathbf{x}`` and the entries ``x_i`` are one symbol, unless both letters stand without indices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from proofs_checks.claims import tree
from proofs_checks.claims.tree import children, nodes

__all__ = ["Spelling", "flat"]

VARIANTS = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho",
            "varsigma": "sigma", "varkappa": "kappa", "varpi": "pi"}  # fmt: skip
SHORT = {"epsilon": "eps"}


SCRIPT_FONTS = ("cal", "scr", "frak", "bb")
"""Fonts that always make another symbol where the letter also stands in another font."""

Letter = tuple[str, tuple[str, ...], int]


class Spelling:
    """Spells the names of one document."""

    def __init__(self, statements: list[list[tree.Node]]) -> None:
        seen: dict[Letter, list[str]] = defaultdict(list)
        together: set[Letter] = set()  # letters whose fonts stand bare in one equation
        glyphs: dict[str, set[str]] = defaultdict(set)
        for roots in statements:
            here: dict[Letter, set[str]] = defaultdict(set)
            for root in roots:
                for name, is_bare in _names(root, True):
                    key = self._letter(name)
                    glyphs[VARIANTS.get(name.letter, name.letter)].add(name.letter)
                    if name.font not in seen[key]:
                        seen[key].append(name.font)
                    if is_bare:
                        here[key].add(name.font)
            together |= {key for key, fonts in here.items() if len(fonts) > 1}
        kinds = {
            node.kind
            for roots in statements
            for root in roots
            for node in nodes(root)
            if isinstance(node, tree.Bracketed)
        }
        self.square = "square" if len(kinds) > 1 else ""  # x^{[2]} beside x^{(2)}
        self._glyphs = {letter for letter, found in glyphs.items() if len(found) > 1}
        self._fonts = {
            key: found
            for key, found in seen.items()
            if len(found) > 1 and (key in together or any(f in SCRIPT_FONTS for f in found))
        }

    @staticmethod
    def _letter(name: tree.Name) -> Letter:
        return VARIANTS.get(name.letter, name.letter), name.accents, name.primes

    def __call__(self, name: tree.Name) -> str:
        """Return the spelling of a name without its scripts."""
        letter = VARIANTS.get(name.letter, name.letter)
        if letter in self._glyphs and name.letter in VARIANTS:
            letter = f"var{letter}"
        letter = SHORT.get(letter, letter)
        fonts = self._fonts.get(self._letter(name))
        if fonts is not None and name.font != fonts[0] and name.font in fonts:
            letter += f"_{name.font or 'plain'}"
        for accent in name.accents:
            letter = f"{letter}_{accent}"
        return letter + "'" * name.primes


def _names(node: tree.Node, is_bare: bool) -> Iterator[tuple[tree.Name, bool]]:
    """Yield the names below a node, and whether they stand without indices and in no script."""
    if isinstance(node, tree.Name):
        yield node, is_bare
    elif isinstance(node, tree.Entry):
        yield from _names(node.base, is_bare and not node.lower)
        for script in (*node.lower, *node.upper):
            yield from _names(script, False)
    else:
        for child in children(node):
            yield from _names(child, is_bare)


SIGNS = {"^": ".", "+": "p", "*": "star", "=": ".", ",": ".", ":": ".", " ": "", "(": "", ")": "",
         "[": "", "]": "", "{": "", "}": "", "~": "", "#": "", "?": "", ";": "."}  # fmt: skip


RELATIONS = {"=": "equals", "!=": "not", "<": "below", "<=": "upto", ">": "above", ">=": "from",
             "in": "in", "~": "drawn"}  # fmt: skip


def flat(node: tree.Node, spell: Spelling) -> str:
    """Return a script or an argument as part of a name: letters and digits in their order."""
    if isinstance(node, tree.Name):
        return spell(node)
    if isinstance(node, tree.Number | tree.Label):
        return "".join(SIGNS.get(c, c) for c in node.text)
    if isinstance(node, tree.Negate):
        return "m" + flat(node.body, spell)
    if isinstance(node, tree.Add):
        return "p".join(flat(term, spell) for term in node.terms).replace("pm", "m")
    if isinstance(node, tree.Entry | tree.Apply):
        return ".".join(flat(child, spell) for child in children(node))
    inner = [flat(child, spell) for child in children(node)]
    if isinstance(node, tree.Bracketed):
        return inner[0] + (spell.square if node.kind == "[" else "")
    kind = RELATIONS[node.relation] if isinstance(node, tree.Compare) else _kind(node)
    return ".".join([kind, *inner])


def _kind(node: tree.Node) -> str:
    """Return what tells a node from another of the same children: its type, operator, order."""
    values = (getattr(node, name) for name in tree.content(type(node)))
    told = (str(x) for x in values if isinstance(x, str | int) and x)
    return "".join([type(node).__name__.lower(), *("".join(filter(str.isalnum, x)) for x in told)])
