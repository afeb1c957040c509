"""The shape of every node of a tree, as constraints on the shapes of the symbols below it.

    A x + b     product(A, x) = t and equal_sum(t, b) = result: if x is a column, so are t and b

`_METHODS` says what constrains each kind of node, `shape_rules` which shapes an operator allows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import shape_rules as rules
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.dots import LISTS
from proofs_checks.claims.meaning.roles import Reference, Roles
from proofs_checks.claims.meaning.shapes import ANY, COLUMN, MATRIX, ROW, SCALAR, Network, table
from proofs_checks.claims.meaning.slots import INDEX_LETTERS
from proofs_checks.claims.meaning.special_names import special
from proofs_checks.claims.notation import MOMENTS, OVER_AN_INDEX
from proofs_checks.claims.places import Span

__all__ = ["NodeShapes", "is_number"]

DEEPEST = 4  # templates inside templates


class NodeShapes:
    """Builds the constraints of trees; ``visit`` is the shape of a node.

    | attribute | meaning |
    |---|---|
    | network | the constraints so far |
    | slots_seen, fonts | with how many indices, and in which fonts, each symbol stands |
    | order | where each symbol stands first, in the order of the document |
    | depends | what the names of symbols mention |
    | differentiated, applied | quantities of derivatives, and values of functions |
    | multiplied | small letters that stand behind a capital in a product |
    | before_rows | small letters that stand before a transposed one, at the end of a product |
    """

    def __init__(self, roles: Roles, authored: Authored) -> None:
        self.roles, self.authored = roles, authored
        self.network = Network()
        self.slots_seen: dict[str, set[int]] = defaultdict(set)
        self.fonts: dict[str, set[str]] = defaultdict(set)
        self.order: dict[str, Span] = {}
        self.depends: dict[str, set[str]] = defaultdict(set)
        self.differentiated: set[str] = set()  # quantities: numbers where nothing says otherwise
        self.applied: set[str] = set()  # values of functions: numbers where nothing says otherwise
        self.multiplied: set[str] = set()  # the x of W x: vectors where nothing says otherwise
        self.inverted: set[str] = set()  # the S of S^{-1}: matrices where nothing says otherwise
        self.before_rows: set[str] = set()  # the v_i of v_i k_i^T: vectors where nothing says not
        self._turned: set[tuple[str, int]] = set()  # what is transposed, with so many indices
        self._loose = False
        self._entrywise = False  # inside P \odot (1 - P), where 1 is a matrix
        self._depth = 0
        self._memo: dict[int, int] = {}

    def visit(self, node: tree.Node, scope: dict[str, int] | None = None) -> int:
        """Return the variable of a node's shape."""
        key = id(node)
        if scope is None and key in self._memo:
            return self._memo[key]
        method = _METHODS.get(type(node))
        found = method(self, node, scope) if method else self._new()
        if scope is None:
            self._memo[key] = found
        return found

    def _new(self, domain: int = ANY) -> int:
        return self.network.variable(domain)

    def _apply_table(self, rule, *inputs: int) -> int:
        return self.network.relate(table(len(inputs), rule), *inputs, self._new())

    def symbol(self, found: Reference, node: tree.Node) -> int:
        """Return the variable of an occurrence of a symbol."""
        name, slots = found.name, len(found.indices)
        slots -= sum(isinstance(x, tree.Slice) for x in found.indices)
        self.order.setdefault(name, node.span)
        if isinstance(node, tree.Apply):
            self.applied.add(name)
        self.slots_seen[name].add(slots)
        self.depends[name] |= found.depends
        base = tree.stem(node, tree.Entry, tree.Apply, tree.Power)
        if isinstance(base, tree.Name):
            self.fonts[name].add(base.font)
        return self.network.link(name, slots, self._new())

    def _name(self, node: tree.Name, scope: dict[str, int] | None) -> int:
        if scope and self.roles.spell(node) in scope:
            return scope[self.roles.spell(node)]
        kind = special(node, self.roles, self.authored.taken)
        if kind is not None:
            return self._new(rules.SPECIAL[kind])
        reference = self.roles.reference(node)
        return self.symbol(reference, node) if reference else self._new()

    def _entry(self, node: tree.Entry, scope: dict[str, int] | None) -> int:
        if not isinstance(node.base, tree.Name):
            inner = self.visit(node.base, scope)
            count = sum(not isinstance(x, tree.Slice) for x in node.lower)

            def component(shape: int) -> int | None:
                left = {SCALAR: 0, COLUMN: 1, ROW: 1, MATRIX: 2}[shape] - count
                return {0: SCALAR, 1: COLUMN}.get(left) if left >= 0 else None

            if not count:
                return inner
            return self.network.relate(table(1, component), inner, self._new())
        if scope and self.roles.spell(node.base) in scope and node.lower:
            return self._new(SCALAR)
        kind = special(node, self.roles, self.authored.taken)
        if kind is not None:
            return self._new(rules.SPECIAL[kind])
        reference = self.roles.reference(node)
        return self.symbol(reference, node) if reference else self._new()

    def _number(self, node: tree.Number, _) -> int:
        return self._new(ANY if node.text == "0" else SCALAR)

    def _add(self, node: tree.Add, scope) -> int:
        # a number stands for a vector or matrix of that number
        terms = [self.visit(t, scope) for t in node.terms if not is_number(t)]
        if not terms:
            return self._new(SCALAR)
        if len(terms) < len(node.terms) and not self._loose and not self._entrywise:
            terms.append(self._new(SCALAR))
        out = terms[0]
        for term in terms[1:]:
            out = self._apply_table(rules.spread if self._loose else rules.equal_sum, out, term)
        return out

    def _negate(self, node: tree.Negate, scope) -> int:
        return self.visit(node.body, scope)

    def _product(self, node: tree.Product, scope) -> int:
        rule = {
            "odot": rules.hadamard,
            "circ": rules.entrywise,
            "cdot": rules.dot,
            "otimes": rules.outer,
        }.get(node.operator, rules.product)
        if node.operator == "odot" and self._loose:
            rule = rules.entrywise_spread
        if not node.operator and len(node.factors) > 1:
            self._behind_a_capital(*node.factors[-2:])
            self._before_a_row(*node.factors[-2:])
        outer, self._entrywise = self._entrywise, node.operator == "odot"
        inputs = [self.visit(factor, scope) for factor in node.factors]
        self._entrywise = outer
        out = inputs[0]
        for factor in inputs[1:]:
            out = self._apply_table(rule, out, factor)
        return out

    def _behind_a_capital(self, capital: tree.Node, last: tree.Node) -> None:
        before = capital.base if isinstance(capital, tree.Entry | tree.Transpose) else capital
        if not isinstance(before, tree.Name) or not before.letter.isupper():
            return
        name = self.roles.spell(before)
        if isinstance(last, tree.Name) and last.letter.islower() and len(last.letter) == 1:
            if name not in self.roles.sizes | self.roles.bound and name[:1] not in "LJ":
                self.multiplied.add(self.roles.spell(last))

    def _before_a_row(self, left: tree.Node, last: tree.Node) -> None:
        if not isinstance(last, tree.Transpose) or type(last.base) is not type(left):
            return
        names = [tree.stem(x, tree.Entry) for x in (left, last.base)]
        if all(isinstance(x, tree.Name) and x.letter.islower() for x in names):
            if isinstance(names[0], tree.Name) and len(names[0].letter) == 1:  # no Greek letter
                self.before_rows.add(self.roles.spell(names[0]))

    def _quotient(self, node: tree.Quotient, scope) -> int:
        above, below = self.visit(node.numerator, scope), self.visit(node.denominator, scope)
        return self._apply_table(rules.divided if self._loose else rules.quotient, above, below)

    def _power(self, node: tree.Power, scope) -> int:
        reference = self.roles.reference(node)
        if reference is not None:
            if scope and reference.name in scope:
                return self._new(SCALAR)
            return self.symbol(reference, node)
        if isinstance(node.base, tree.Name) and self.roles.spell(node.base) == "e":
            if "e" not in self.authored.taken:
                return self._apply_table(rules.exponential, self.visit(node.exponent, scope))
        base = self.visit(node.base, scope)
        self.visit(node.exponent, scope)
        if _is_minus_one(node.exponent):
            inverted = self.roles.reference(node.base)
            if inverted is not None:
                self.inverted.add(inverted.name)
            return self._apply_table(rules.inverse, base)
        return base if self._loose else self._apply_table(rules.power, base)

    def _transpose(self, node: tree.Transpose, scope) -> int:
        base = self.visit(node.base, scope)
        for term in _terms(node.base):
            reference = self.roles.reference(term)
            if reference is not None:
                self._turned.add((reference.name, len(reference.indices)))
        stem = tree.stem(node.base, tree.Entry)
        if isinstance(stem, tree.Name) and stem.font == "bf":  # nobody transposes a bold number
            self.network.relate(NO_NUMBER, base)
        return self._apply_table(rules.transpose_any if self._loose else rules.transpose, base)

    def _total(self, node: tree.Sum, scope) -> int:
        for bound in node.bounds:
            for end in (bound.first, bound.last):
                if end is not None and isinstance(end, tree.Sum | tree.Call):
                    self.visit(end, scope)
        body = self.visit(node.body, scope)
        if node.operator in ("argmax", "argmin"):
            return self._new()
        if node.operator in LISTS:
            return self._apply_table(rules.LISTED[node.operator], body)
        return body

    def _call(self, node: tree.Call, scope) -> int:
        inputs = [self.visit(argument, scope) for argument in node.arguments]
        name = node.function
        if name in OVER_AN_INDEX and node.lower:
            letter = self.roles.letter(node.lower[0])
            if letter is not None and letter in self.roles.bound | self.roles.compared | set(
                x for s in self.roles.slots.values() for x in s.letters
            ):
                return self._apply_table(rules.same_or_number, inputs[0])
            if len(node.lower) == 1 and letter is not None and letter not in INDEX_LETTERS:
                temperature = self.visit(node.lower[0], scope)  # softmax_\tau(z)
                self.network.same([temperature, self._new(SCALAR)])
        has_outcomes = name in MOMENTS and bool(self.roles.outcomes(node))
        if has_outcomes:
            self.symbol(self.roles.weight(node), node)
        if name == "expectation":
            if has_outcomes:
                return inputs[0]
            return self._apply_table(rules.mean, inputs[0])
        if name in rules.NUMBERS:
            return self._new(SCALAR)
        if name in rules.UNARY and len(inputs) == 1:
            rule = rules.UNARY[name]
            if name == "softmax" and self._loose:
                return inputs[0]
            return self._apply_table(rule, inputs[0])
        if name in ("max", "min") and len(inputs) == 1:
            return self._apply_table(rules.number, inputs[0])
        if name in ("max", "min"):
            return self._apply_table(rules.spread, *inputs) if len(inputs) == 2 else self._new()
        return inputs[0] if inputs else self._new()

    def _inner_product(self, node: tree.Inner, scope) -> int:
        inputs = (self.visit(node.left, scope), self.visit(node.right, scope))
        return self._apply_table(rules.inner, *inputs)

    def _norm(self, node: tree.Norm, scope) -> int:
        body = self.visit(node.body, scope)
        if node.bars == 2 and not self._loose:
            return self._apply_table(rules.of_vector, body)
        return self._apply_table(rules.number, body)

    def _derivative(self, node: tree.Derivative, scope) -> int:
        return self._differentiated(node.quantity, node.by, scope)

    def _gradient(self, node: tree.Gradient, scope) -> int:
        by = node.by * node.order if len(node.by) == 1 else node.by
        if not by:
            self.visit(node.quantity, scope)
            return self._new()
        return self._differentiated(node.quantity, by, scope)

    def _differentiated(self, quantity: tree.Node, by: Sequence[tree.Node], scope) -> int:
        inputs = [self.visit(quantity, scope), *(self.visit(x, scope) for x in by)]
        if isinstance(quantity, tree.Name | tree.Entry):
            reference = self.roles.reference(quantity)
            fonts = self.fonts[reference.name] if reference else set()
            if reference is not None and "bf" not in fonts:
                self.differentiated.add(reference.name)
        if len(inputs) > 4:
            return self._new()
        return self._apply_table(rules.derivative, *inputs)

    def _same(self, node: tree.Differential | tree.Rate | tree.Step, scope) -> int:
        return self.visit(node.quantity, scope)

    def _directional(self, node: tree.Directional, scope) -> int:
        quantity = self.visit(node.quantity, scope)
        by = node.by
        if not by and isinstance(node.quantity, tree.Apply):
            by = node.quantity.arguments
        if len(by) == 1:
            by = by * len(node.directions)
        for symbol, along in zip(by, node.directions, strict=False):
            self.network.same([self.visit(symbol, scope), self.visit(along, scope)])
        return quantity

    def _indicator(self, node: tree.Indicator, _) -> int:
        return self._new(SCALAR)

    def _cases(self, node: tree.Cases, scope) -> int:
        values = [self.visit(branch.value, scope) for branch in node.branches]
        return self.network.same(values) if values else self._new()

    def _matrix(self, node: tree.Matrix, scope) -> int:
        rows, columns = len(node.rows), max(map(len, node.rows), default=0)
        entries = [
            self.visit(x, scope) for r in node.rows for x in r if not isinstance(x, tree.Dots)
        ]
        for entry in entries:
            self.network.relate(frozenset(((SCALAR,),)), entry)
        return self._new(COLUMN if columns == 1 else ROW if rows == 1 else MATRIX)

    def _apply(self, node: tree.Apply, scope) -> int:
        mode = self.authored.mode(node)
        if mode == "product":
            inner = self.visit(node.base, scope)
            if len(node.arguments) != 1:
                return self._new()
            argument = self.visit(node.arguments[0], scope)
            return self._apply_table(rules.product, inner, argument)
        if mode == "built-in":
            return self._built_in(node, scope)
        if mode == "unknown":
            return self.visit(node.arguments[0], scope)
        if mode == "template":
            return self._template(node, scope)
        reference = self.authored.quantity(node)
        return self.symbol(reference, node) if reference else self._new()

    def _built_in(self, node: tree.Apply, scope) -> int:
        kind = self.authored.built_in(node)
        inputs = [self.visit(argument, scope) for argument in node.arguments]
        if kind == "normal":
            if len(inputs) == 3:
                self.network.relate(rules.NORMAL, *inputs)
            return self._new(SCALAR)
        if kind == "entropy":
            return self._apply_table(rules.reduced, inputs[0])
        return inputs[0]

    def _template(self, node: tree.Apply, scope) -> int:
        template, _ = self.authored.template_of(node)
        inputs = [self.visit(argument, scope) for argument in node.arguments]
        if len(inputs) == 1 and self.authored.is_of_number(template):
            return inputs[0]
        if self._depth >= DEEPEST or len(inputs) != len(template.formals):
            return self._new()
        inner = {
            self.roles.spell(formal): given
            for formal, given in zip(template.formals, inputs, strict=True)
            if isinstance(formal, tree.Name)
        }
        self._depth += 1
        try:
            return self.visit(template.body, inner)
        finally:
            self._depth -= 1


NO_NUMBER = frozenset((shape,) for shape in (COLUMN, ROW, MATRIX))


def _terms(node: tree.Node) -> Iterator[tree.Name | tree.Entry]:
    """Yield the names and entries of which a node is a sum, x and m of (x - m)."""
    if isinstance(node, tree.Name | tree.Entry):
        yield node
    elif isinstance(node, tree.Negate):
        yield from _terms(node.body)
    elif isinstance(node, tree.Add):
        for term in node.terms:
            yield from _terms(term)


def is_number(node: tree.Node) -> bool:
    """Return whether a node is a number, perhaps with a sign."""
    if isinstance(node, tree.Negate):
        return is_number(node.body)
    return isinstance(node, tree.Number)


def _is_minus_one(node: tree.Node) -> bool:
    return (
        isinstance(node, tree.Negate)
        and isinstance(node.body, tree.Number)
        and node.body.text == "1"
    )


_METHODS = {
    tree.Name: NodeShapes._name,
    tree.Entry: NodeShapes._entry,
    tree.Number: NodeShapes._number,
    tree.Add: NodeShapes._add,
    tree.Negate: NodeShapes._negate,
    tree.Product: NodeShapes._product,
    tree.Quotient: NodeShapes._quotient,
    tree.Power: NodeShapes._power,
    tree.Transpose: NodeShapes._transpose,
    tree.Sum: NodeShapes._total,
    tree.Call: NodeShapes._call,
    tree.Inner: NodeShapes._inner_product,
    tree.Norm: NodeShapes._norm,
    tree.Derivative: NodeShapes._derivative,
    tree.Gradient: NodeShapes._gradient,
    tree.Differential: NodeShapes._same,
    tree.Rate: NodeShapes._same,
    tree.Step: NodeShapes._same,
    tree.Directional: NodeShapes._directional,
    tree.Indicator: NodeShapes._indicator,
    tree.Cases: NodeShapes._cases,
    tree.Matrix: NodeShapes._matrix,
    tree.Apply: NodeShapes._apply,
}
