r"""Functions and constants: what a name means that is no plain symbol.

``\sigma`` is the logistic function, ``\pi`` a number, ``I`` the identity, ``\delta_{ij}``
Kronecker's, ``\mathcal{N}`` the normal density, ``H`` the entropy: each where the document gives
the letter no other meaning.  A function that the document defines, ``J(\theta) = ...``, is its
definition with the arguments put in; one that it does not define is a quantity of its own for each
argument, or an unknown differentiable function of a number where its argument is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.entrywise import ENTRYWISE
from proofs_checks.claims.meaning.roles import Reference, Roles
from proofs_checks.claims.meaning.statements import EQUALITIES, Statement
from proofs_checks.claims.tree import children, nodes

__all__ = ["Authored", "Template"]

MEANINGS = ("entropy", "kl")
BUILT_IN = {"sigma": "sigmoid", "H": "entropy", "N": "normal", "N_cal": "normal", "O": "order",
            "D_KL": "kl", "KL": "kl"}  # fmt: skip

FORMAL = (tree.Name, tree.Entry, tree.Compare, tree.Power, tree.Tuple, tree.Bracketed, tree.Dots)
"""What an argument on the left of a definition may be: nothing that is computed."""


@dataclass(frozen=True)
class Template:
    """The definition of a function: its formal arguments, what parts them, its right side."""

    formals: tuple[tree.Node, ...]
    body: tree.Node
    number: int
    separators: tuple[str, ...] = ()


class Authored:
    """The functions of one document."""

    def __init__(
        self, statements: Sequence[Statement], roles: Roles, model_names: set[str]
    ) -> None:
        self.roles = roles
        self.taken = set(model_names)  # names with a meaning of their own
        self.templates: dict[str, Template] = {}
        self.redefined: dict[str, int] = {}  # functions with a second definition, and where it is
        self.computed: set[str] = set()  # functions whose argument is computed somewhere
        self._plain: set[str] = set()
        for statement in statements:
            for n in range(max(1, len(statement.sides) - 1)):
                self._take_definition(statement, n)
        for name in [x for x in self.templates if x.endswith("'")]:
            stem = self.templates.get(name.rstrip("'"))
            if stem is not None and _has_slope(stem):
                del self.templates[name]  # the derivative of a function that is defined: a claim
        every = [root for s in statements for root in s.roots]
        for root in every:
            for node in nodes(root):
                if isinstance(node, tree.Apply) and roles.is_function(node.base):
                    self._see(node)
                elif isinstance(node, tree.Name):
                    self._plain.add(roles.spell(node))

    def _take_definition(self, statement: Statement, place: int) -> None:
        side, equal = statement.sides[place], _equal_sides(statement, place)
        reference = self.roles.reference(side) if isinstance(side, tree.Name | tree.Entry) else None
        if reference is not None:
            self.taken.add(reference.name)
        if not isinstance(side, tree.Apply) or not self.roles.is_function(side.base):
            return
        if BUILT_IN.get(self.function_name(side) or "") in MEANINGS and not statement.defines:
            return  # H(p) is the entropy: what is said of it is a claim
        name = self.function_name(side)
        if name is None or len(equal) < 2:  # f(x) \ge x says what holds of f
            return
        if name in self.templates:
            first = self.templates[name]
            formal = all(isinstance(x, tree.Name) for x in (*side.arguments, *first.formals))
            is_new = (
                side is statement.sides[0]
                and formal
                and side.arguments != first.formals
                and len(set(side.arguments)) == len(side.arguments)  # not f(p, p) = 0
                and not any(self._calls(x, name) for x in statement.sides[1:])
            )
            if is_new:
                self.redefined.setdefault(name, statement.number)
            return
        if not all(isinstance(x, FORMAL) for x in side.arguments):
            return  # f(a + b) = f(a) + f(b) is a claim
        for body in equal:
            if self._calls(body, name):
                continue  # f(x) = f(y) + 1 is no definition of f
            if isinstance(body, tree.Number) and not statement.defines:
                continue  # f(x) = 0 is a condition on x
            if body is not side and not isinstance(body, tree.Name | tree.Entry | tree.Apply):
                self.templates[name] = Template(
                    side.arguments, body, statement.number, side.separators
                )
                self.taken.add(name)
                return

    def _calls(self, side: tree.Node, name: str) -> bool:
        """Return whether a function is applied somewhere in a side."""
        return any(isinstance(n, tree.Apply) and self.function_name(n) == name for n in nodes(side))

    def _see(self, node: tree.Apply) -> None:
        name = self.function_name(node)
        if name is None:
            return
        if name.endswith("'"):
            self.computed.add(name.rstrip("'"))
        if len(node.arguments) == 1 and not isinstance(
            node.arguments[0], tree.Name | tree.Entry | tree.Compare | tree.Number | tree.Tuple
            | tree.Bracketed | tree.Dots
        ):  # fmt: skip
            self.computed.add(name)

    def function_name(self, node: tree.Apply) -> str | None:
        """Return the name of the function that is applied, its scripts included, primes last."""
        found = self.roles.reference(node.base)
        if found is None:
            return None
        letter = found.name.partition("_")[0]
        bare = letter.rstrip("'")
        return bare + found.name.removeprefix(letter) + letter.removeprefix(bare)

    def template_of(self, node: tree.Apply) -> tuple[Template, int]:
        """Return the definition of the function that is applied, and how often it is derived.

        Raises `KeyError` for a function without a definition.
        """
        name = self.function_name(node) or ""
        if name in self.templates:  # J'(w) = J(w) + ... defines another J
            return self.templates[name], 0
        stem = name.rstrip("'")
        return self.templates[stem], len(name) - len(stem)

    def is_of_number(self, template: Template) -> bool:
        r"""Return whether a function is given for a number: \sigma(z) = 1 / (1 + e^{-z}).

        Of a vector or a matrix it is taken entry by entry.
        """
        formal, *others = template.formals
        if others or not isinstance(formal, tree.Name):
            return False
        return self._is_entrywise(template.body, self.roles.spell(formal), False, 2)

    def is_derived(self, node: tree.Apply) -> bool:
        """Return whether a node is f'(x), where f is defined: what is said of it is a claim."""
        name = self.function_name(node) or ""
        template = self.templates.get(name.rstrip("'"))
        return name.endswith("'") and template is not None and _has_slope(template)

    def is_slope(self, node: tree.Node) -> bool:
        r"""Return whether a node is \sigma'(z), where \sigma is given for a number."""
        if not isinstance(node, tree.Apply) or not isinstance(node.arguments[0], tree.Name):
            return False
        name = self.function_name(node) or ""
        template = self.templates.get(name.rstrip("'"))
        return name.endswith("'") and template is not None and self.is_of_number(template)

    def _is_entrywise(self, node: tree.Node, formal: str, below: bool, depth: int) -> bool:
        """Return whether a formal argument stands in a body alone, and below exponentials only.

        ``below`` says that the node stands there; ``depth`` is how many functions of the author's
        own may stand inside one another.
        """
        if isinstance(node, tree.Number):
            return True
        if isinstance(node, tree.Name):
            return below if self.roles.spell(node) == formal else node.letter in ("e", "pi")
        if isinstance(node, tree.Apply):
            name = (self.function_name(node) or "").rstrip("'")
            inner = self.templates.get(name)
            first = inner.formals[0] if inner is not None and len(inner.formals) == 1 else None
            if inner is None or not isinstance(first, tree.Name):
                return False
            own = self.roles.spell(first)
            if not depth or not self._is_entrywise(inner.body, own, False, depth - 1):
                return False
            return all(self._is_entrywise(x, formal, True, depth) for x in node.arguments)
        if isinstance(node, tree.Power) and node.base == tree.Name("e"):
            return self._is_entrywise(node.exponent, formal, True, depth)
        if isinstance(node, tree.Call):
            below = node.function in ENTRYWISE
            return below and all(self._is_entrywise(x, formal, True, depth) for x in children(node))
        if isinstance(node, tree.Add | tree.Negate | tree.Quotient | tree.Product | tree.Power):
            return all(self._is_entrywise(x, formal, below, depth) for x in children(node))
        return False

    def built_in(self, node: tree.Apply) -> str | None:
        """Return which function of the language this is, if the letter has no other meaning."""
        name = self.function_name(node)
        base = node.base.base if isinstance(node.base, tree.Entry) else node.base
        if name is None or not isinstance(base, tree.Name):
            return None
        stem = name.rstrip("'")
        if base.letter == "N" and base.font in ("cal", "scr") and len(node.arguments) in (2, 3):
            return "normal" if stem not in self.templates else None
        if stem in self.taken or stem in self.templates:
            return None
        kind = BUILT_IN.get(stem)
        if kind in ("normal", None) or (kind == "order" and not node.arguments):
            return None
        if len(node.arguments) != {"entropy": 1, "kl": 2}.get(kind, len(node.arguments)):
            return None
        return kind

    def mode(self, node: tree.Apply) -> str:
        """Return "product", "quantity", "template", "built-in" or "unknown" (of a number)."""
        if not self.roles.is_application(node):
            return "built-in" if self.built_in(node) else "product"
        if self.built_in(node):
            return "built-in"
        name = self.function_name(node)
        if name is None:
            return "product"
        template = self.templates.get(name)
        if template is not None:
            if self._is_formal(node, template) or not self._fits(node, template):
                return "quantity"
            return "template"
        if name.rstrip("'") in self.templates:
            return "template"  # f' of a function that is defined
        if name.rstrip("'") in self.computed and len(node.arguments) == 1:
            return "unknown"
        return "quantity"

    def _fits(self, node: tree.Apply, template: Template) -> bool:
        """Return whether a function's definition says what it is for these arguments."""
        return (
            len(node.arguments) == len(template.formals)
            and _same_signs(node, template)
            and ("||" not in template.separators or _speaks_of_its_arguments(template))
            and all(isinstance(x, tree.Name) for x in template.formals)
            and not any(isinstance(x, tree.Compare) for x in node.arguments)
            and all(
                x == formal or self._may_replace(node, formal, x)
                for x, formal in zip(node.arguments, template.formals, strict=True)
            )
        )

    def _may_replace(self, node: tree.Apply, formal: tree.Node, argument: tree.Node) -> bool:
        """Return whether an argument may be another: p(x | z) says nothing of p(x | y)."""
        if self.roles.is_point(formal):
            return False
        if not self.roles.is_overloaded(node.base):
            return True
        stems = [tree.stem(x, tree.Entry) for x in (formal, argument)]
        letters = [x.letter if isinstance(x, tree.Name) else "" for x in stems]
        return letters[0] == letters[1]

    def _is_formal(self, node: tree.Apply, template: Template) -> bool:
        """Return whether the arguments are the formal ones, or differ in index letters only."""
        if len(node.arguments) != len(template.formals) or not _same_signs(node, template):
            return False
        if node.arguments == template.formals:
            return True
        here = self.roles.reference(node)
        there = self.roles.reference(tree.Apply(node.base, template.formals, node.separators))
        if here is None or there is None:
            return False
        return here.name == there.name and len(here.indices) == len(there.indices)

    def quantity(self, node: tree.Apply) -> Reference | None:
        """Return the symbol that an application names."""
        name = self.function_name(node)
        template = self.templates.get(name or "")
        found = self.roles.reference(node)
        if template is not None and found is not None and self._is_formal(node, template):
            # J(theta) is J: what it depends on stands in its definition
            base = self.roles.reference(node.base)
            count = len(base.indices) if base is not None else 0
            formal = [self.roles.is_argument_index(x) for x in template.formals]
            entries = [isinstance(x, tree.Entry | tree.Compare) for x in template.formals]
            if base is not None and not any(formal) and not any(entries):
                return Reference(base.name, found.indices[:count], base.depends)
            if base is not None and not any(entries) and "." not in found.name[len(base.name) :]:
                return Reference(found.name, found.indices, found.depends)
        return found


def _has_slope(template: Template) -> bool:
    """Return whether a prime behind a function can be its derivative: it has one argument."""
    return len(template.formals) == 1 and isinstance(template.formals[0], tree.Name)


def _speaks_of_its_arguments(template: Template) -> bool:
    r"""Return whether a body has a formal argument: KL(q | p) = (\mu^2 + ...) / 2 has none."""
    below = tree.letters(template.body)
    return any(isinstance(x, tree.Name) and x.letter in below for x in template.formals)


def _same_signs(node: tree.Apply, template: Template) -> bool:
    r"""Return whether arguments are parted as the formal ones: q(a, b) is not q(a \succ b)."""
    return _signs(node.separators) == _signs(template.separators)


def _signs(separators: tuple[str, ...]) -> list[str]:
    return [x for x in separators if x != ","]


def _equal_sides(statement: Statement, place: int) -> list[tree.Node]:
    """Return the sides that equations alone join to one side of a statement, itself included."""
    first = last = place
    while first and statement.kinds[first - 1] in EQUALITIES:
        first -= 1
    while last < len(statement.kinds) and statement.kinds[last] in EQUALITIES:
        last += 1
    return list(statement.sides[first : last + 1])
