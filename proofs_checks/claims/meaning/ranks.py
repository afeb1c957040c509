"""The shapes of a document's symbols: its trees as constraints for `shapes.Network`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import Authored, Template
from proofs_checks.claims.meaning.roles import Reference, Roles
from proofs_checks.claims.meaning.shapes import (
    ALL_AXES,
    ANY,
    COLUMN,
    MATRIX,
    ROW,
    SCALAR,
    Axes,
    Network,
    table,
)
from proofs_checks.claims.meaning.statements import Statement

__all__ = ["Ranks", "special"]

NOT_SCALAR = COLUMN | ROW | MATRIX
VECTOR = COLUMN | ROW
DEEPEST = 4  # templates inside templates


def special(node: tree.Node, roles: Roles, taken: set[str]) -> str | None:
    """Return what a name is that stands for no symbol: "ones", "identity", "delta", "pi", ..."""
    base = node.base if isinstance(node, tree.Entry) else node
    if not isinstance(base, tree.Name):
        return None
    lower = node.lower if isinstance(node, tree.Entry) else ()
    upper = node.upper if isinstance(node, tree.Entry) else ()
    name = roles.spell(base)
    if base.letter in ("1", "0") and (base.font or lower) and len(lower) <= 1 and not upper:
        return "ones" if base.letter == "1" else "zeros"
    if base.letter == "infty":
        return "infinity"
    if isinstance(node, tree.Name) and name in roles.sizes and roles.is_indexed(name):
        return "size"  # N beside the counts N_k
    if name in taken:
        return None
    if base.letter == "I" and len(lower) <= 1 and not upper and not base.primes:
        if not any(roles.is_index((name, "_0"), x) for x in lower):
            return "identity"
    if base.letter == "delta" and len(lower) == 2 and not upper:
        return "delta"
    if name == "pi" and not lower and not upper and not roles.is_function(base):
        if not any(place[0] == "pi" for place in roles.slots):
            return "pi"
    size = roles.size_name(node) if isinstance(node, tree.Name | tree.Entry) else None
    return "size" if size is not None and size in roles.sizes else None


def _product(a: int, b: int) -> int | None:
    if a == SCALAR or b == SCALAR:
        return b if a == SCALAR else a
    return {
        (MATRIX, MATRIX): MATRIX, (MATRIX, COLUMN): COLUMN, (ROW, MATRIX): ROW,
        (ROW, COLUMN): SCALAR, (COLUMN, ROW): MATRIX,
    }.get((a, b))  # fmt: skip


def _dot(a: int, b: int) -> int | None:
    return SCALAR if a == b == COLUMN or a == b == ROW else _product(a, b)


def _entrywise(a: int, b: int) -> int | None:
    if a == SCALAR or b == SCALAR:
        return b if a == SCALAR else a
    return a if a == b else None


def _hadamard(a: int, b: int) -> int | None:
    return a if a == b != SCALAR else None


def _entrywise_spread(a: int, b: int) -> int | None:
    return _entrywise(a, b) or _spread(a, b)


def _sum(a: int, b: int) -> int | None:
    return a if a == b else None


def _spread(a: int, b: int) -> int | None:
    """Terms of different shapes: a number added to every entry, a vector to every row or column."""
    if a == b:
        return a
    large, small = (a, b) if _SIZE[a] > _SIZE[b] else (b, a)
    if small == SCALAR or (large == MATRIX and small in (COLUMN, ROW)):
        return large
    return None


def _quotient(a: int, b: int) -> int | None:
    return a if b == SCALAR else None


def _divided(a: int, b: int) -> int | None:
    """Division entry by entry."""
    if b == SCALAR or a == b:
        return a
    return MATRIX if (a, b) == (MATRIX, COLUMN) else None


def _transpose(a: int) -> int | None:
    return {COLUMN: ROW, ROW: COLUMN, MATRIX: MATRIX}.get(a)


def _transpose_any(a: int) -> int:
    return {COLUMN: ROW, ROW: COLUMN}.get(a, a)


def _softmax(a: int) -> int | None:
    return a if a != SCALAR else None


def _reduced(a: int) -> int | None:
    return {COLUMN: SCALAR, ROW: SCALAR, MATRIX: COLUMN}.get(a)


def _diag(a: int) -> int | None:
    return {COLUMN: MATRIX, ROW: MATRIX, MATRIX: COLUMN}.get(a)


def _column_sum(a: int) -> int | None:
    return COLUMN if a == MATRIX else None


def _trace(a: int) -> int | None:
    return SCALAR if a == MATRIX else None


def _number(a: int) -> int:
    return SCALAR


def _inner(a: int, b: int) -> int | None:
    return SCALAR if a == b != SCALAR else None


def _derivative(*shapes: int) -> int | None:
    """The shape of d q / d x: that of whichever is no scalar; two vectors make a matrix."""
    solid = [s for s in shapes if s != SCALAR]
    if len(solid) < 2:
        return solid[0] if solid else SCALAR
    return MATRIX if len(solid) == 2 and MATRIX not in solid else None


def _power(a: int) -> int | None:
    return SCALAR if a == SCALAR else None


def _mean(a: int) -> tuple[int, ...]:
    """An expectation: of a number, or of the vector of values (then it is one number)."""
    return (a, SCALAR) if a in (COLUMN, ROW) else (a,)


_SIZE = {SCALAR: 0, COLUMN: 1, ROW: 1, MATRIX: 2}
_UNARY = {
    "softmax": _softmax, "log_softmax": _softmax, "lse": _reduced, "entropy": _reduced,
    "diag": _diag, "tr": _trace, "rowsum": _column_sum, "colsum": _column_sum,
    "det": _trace,
}  # fmt: skip
_NUMBERS = frozenset(["var", "cov", "kl"])


LOSSES = ("L", "J")  # capitals that are numbers where nothing says otherwise


class Ranks:
    """Builds the constraints of a document, solves them, and says what it chose."""

    def __init__(self, roles: Roles, authored: Authored, known: dict[str, int]) -> None:
        self.roles, self.authored = roles, authored
        self.network = Network()
        self.slots_seen: dict[str, set[int]] = defaultdict(set)
        self.fonts: dict[str, set[str]] = defaultdict(set)
        self.order: dict[str, None] = {}
        self.chosen: dict[str, str] = {}
        self.depends: dict[str, set[str]] = defaultdict(set)
        self.differentiated: set[str] = set()  # quantities: numbers where nothing says otherwise
        self._known = known
        self._prior: dict[str, int] = {}
        self.applied: set[str] = set()  # values of functions: numbers where nothing says otherwise
        self._turned: set[tuple[str, int]] = set()  # what is transposed, with so many indices
        self._loose = False
        self._entrywise = False  # inside P \odot (1 - P), where 1 is a matrix
        self._depth = 0
        self._memo: dict[int, int] = {}
        for name, total in known.items():
            self.network.symbols[name] = frozenset((Axes(total),))

    # -- the document -----------------------------------------------------------------------

    def expect(self, statements: Sequence[Statement]) -> None:
        """Look at all occurrences: with as many indices as it ever has, a symbol is a number.

        That holds for small letters that also stand with fewer indices, x beside x_i; the rows of
        a matrix X_i may be vectors.
        """
        for statement in statements:
            self._memo = {}
            for side in statement.sides:
                self.visit(side)
        for name, seen in self.slots_seen.items():
            if name in self._known or len(seen) < 2:
                continue
            if (name, max(seen)) in self._turned:  # nobody transposes a number
                continue
            if not name[:1].isupper() or max(seen) > 1:
                self._prior[name] = max(seen)
        known = {n: a for n, a in self.network.symbols.items() if n in self._known}
        self.network = Network()
        self.network.symbols.update(known)
        for name, total in self._prior.items():
            self.network.symbols[name] = frozenset(a for a in ALL_AXES if a.total == total)

    def add(self, statement: Statement) -> bool:
        """Add a statement; return whether it agrees with what was added before."""
        before = self._matrices()
        # numbers added to vectors, and vectors to matrices, where nothing else makes sense, or
        # where a capital would else be no matrix: P \odot (dP - D) with D = rowsum(..)
        for is_loose, is_last in ((False, False), (True, False), (False, True), (True, True)):
            size = self.network.size
            self._loose = is_loose
            self._memo = {}
            sides = [self.visit(side) for side in statement.sides]
            equal = [
                s for s, side in zip(sides, statement.sides, strict=True) if not _is_number(side)
            ]
            self.network.same(equal or sides)
            for condition in statement.conditions:
                self._condition(condition, sides)
            if self.network.propagate(self.network.added(size)):
                if is_last or not any(map(self._is_vector, before)):
                    return True
            self.network.forget(size)
        return False

    def _is_vector(self, name: str) -> bool:
        return all(a.total == 1 for a in self.network.symbols[name])

    def _matrices(self) -> set[str]:
        """Return the plain capitals without indices that may still be matrices."""
        return {
            name
            for name, options in self.network.symbols.items()
            if len(name) == 1 and name.isupper() and self.slots_seen[name] <= {0}
            and "bf" not in self.fonts[name] and any(a.total == 2 for a in options)
        }  # fmt: skip

    def _condition(self, node: tree.Node, sides: Sequence[int] = ()) -> None:
        if isinstance(node, tree.Compare) and node.relation == "in":
            if isinstance(node.right, tree.Space):
                self.declare(node.left, node.right)

    def declare(self, node: tree.Node, space: tree.Space) -> bool:
        """Say that a quantity lies in a space of given dimensions."""
        size = self.network.size
        wanted = {0: SCALAR, 1: VECTOR, 2: MATRIX}.get(len(space.dims))
        if wanted is None:
            return False
        if len(space.dims) == 2:
            ones = [isinstance(d, tree.Number) and d.text == "1" for d in space.dims]
            wanted = {(True, False): ROW, (False, True): COLUMN}.get((ones[0], ones[1]), wanted)
        self._memo = {}
        variable = self.visit(node)
        self.network.relate(frozenset((s,) for s in (1, 2, 4, 8) if s & wanted), variable)
        if self.network.propagate(self.network.added(size)):
            return True
        self.network.forget(size)
        return False

    def solve(self) -> dict[str, Axes]:
        """Return the axes of every symbol; what nothing forces is chosen."""
        # small letters first: what they are says more of capitals than the other way round
        for name in sorted(self.order, key=self._turn):
            options = self.network.symbols[name]
            if len({self._looks(name, a) for a in options}) == 1:
                continue
            for axes in sorted(options, key=lambda a: self._cost(name, a)):
                if self.network.narrow(name, lambda a, x=axes: a == x):
                    if len({a.total for a in options}) > 1:
                        silent = axes.total - max(self.slots_seen[name], default=0)
                        self.chosen[name] = ("a number", "a vector", "a matrix")[min(silent, 2)]
                    break
        return {
            name: min(options, key=lambda a: self._cost(name, a))
            for name, options in self.network.symbols.items()
        }

    def _turn(self, name: str) -> int:
        """Return when a symbol's turn comes: small letters without numbers, capitals, others."""
        shapes = {a.shape(k) for a in self.network.symbols[name] for k in self.slots_seen[name]}
        if not name[:1].isupper() and SCALAR not in shapes:
            return 0
        return 1 if name[:1].isupper() else 2

    def _looks(self, name: str, axes: Axes) -> tuple[int, ...]:
        return tuple(axes.shape(k) for k in sorted(self.slots_seen[name]))

    def _cost(self, name: str, axes: Axes) -> tuple[int, ...]:
        """Return how unusual it would be for a symbol of this name to have these axes."""
        seen = self.slots_seen[name] or {0}
        most, least = max(seen), min(seen)
        stem = name.split("_")[0].rstrip("'")
        fonts = self.fonts[name]
        is_capital = stem[:1].isupper()
        usual = most
        if name in self.differentiated or (name in self.applied and "bf" not in fonts):
            pass
        elif most == least:
            if "bf" in fonts and fonts <= {"bf"}:
                usual = most + (2 if is_capital and not most else 1)
            elif is_capital and most == 0 and stem not in LOSSES and not fonts & {"cal", "scr"}:
                usual = 2
        else:
            usual = max(most, least + (2 if is_capital and least == 0 else 1))
        return abs(axes.total - usual), axes.total, axes.is_row

    # -- nodes ------------------------------------------------------------------------------

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
        self.order.setdefault(name)
        if isinstance(node, tree.Apply):
            self.applied.add(name)
        self.slots_seen[name].add(slots)
        self.depends[name] |= found.depends
        base = node
        while isinstance(base, tree.Entry | tree.Apply | tree.Power):
            base = base.base
        if isinstance(base, tree.Name):
            self.fonts[name].add(base.font)
        return self.network.link(name, slots, self._new())

    def _name(self, node: tree.Name, scope: dict[str, int] | None) -> int:
        if scope and self.roles.spell(node) in scope:
            return scope[self.roles.spell(node)]
        kind = special(node, self.roles, self.authored.taken)
        if kind is not None:
            return self._new(_SPECIAL[kind])
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
            return self._new(_SPECIAL[kind])
        reference = self.roles.reference(node)
        return self.symbol(reference, node) if reference else self._new()

    def _number(self, node: tree.Number, _) -> int:
        return self._new(ANY if node.text == "0" else SCALAR)

    def _add(self, node: tree.Add, scope) -> int:
        # a number stands for a vector or matrix of that number
        terms = [self.visit(t, scope) for t in node.terms if not _is_number(t)]
        if not terms:
            return self._new(SCALAR)
        if len(terms) < len(node.terms) and not self._loose and not self._entrywise:
            terms.append(self._new(SCALAR))
        out = terms[0]
        for term in terms[1:]:
            out = self._apply_table(_spread if self._loose else _sum, out, term)
        return out

    def _negate(self, node: tree.Negate, scope) -> int:
        return self.visit(node.body, scope)

    def _product(self, node: tree.Product, scope) -> int:
        rule = {"odot": _hadamard, "circ": _entrywise, "cdot": _dot, "otimes": _outer}.get(
            node.operator, _product
        )
        if node.operator == "odot" and self._loose:
            rule = _entrywise_spread
        outer, self._entrywise = self._entrywise, node.operator == "odot"
        inputs = [self.visit(factor, scope) for factor in node.factors]
        self._entrywise = outer
        out = inputs[0]
        for factor in inputs[1:]:
            out = self._apply_table(rule, out, factor)
        return out

    def _quotient(self, node: tree.Quotient, scope) -> int:
        above, below = self.visit(node.numerator, scope), self.visit(node.denominator, scope)
        return self._apply_table(_divided if self._loose else _quotient, above, below)

    def _power(self, node: tree.Power, scope) -> int:
        reference = self.roles.reference(node)
        if reference is not None:
            if scope and reference.name in scope:
                return self._new(SCALAR)
            return self.symbol(reference, node)
        if isinstance(node.base, tree.Name) and self.roles.spell(node.base) == "e":
            if "e" not in self.authored.taken:
                return self._apply_table(_exponential, self.visit(node.exponent, scope))
        base = self.visit(node.base, scope)
        self.visit(node.exponent, scope)
        if _is_minus_one(node.exponent):
            return self._apply_table(_inverse, base)
        return base if self._loose else self._apply_table(_power, base)

    def _transpose(self, node: tree.Transpose, scope) -> int:
        base = self.visit(node.base, scope)
        if isinstance(node.base, tree.Name | tree.Entry):
            reference = self.roles.reference(node.base)
            if reference is not None:
                self._turned.add((reference.name, len(reference.indices)))
        return self._apply_table(_transpose_any if self._loose else _transpose, base)

    def _total(self, node: tree.Sum, scope) -> int:
        for bound in node.bounds:
            for end in (bound.first, bound.last):
                if end is not None and isinstance(end, tree.Sum | tree.Call):
                    self.visit(end, scope)
        body = self.visit(node.body, scope)
        if node.operator in ("argmax", "argmin"):
            return self._new()
        if node.operator in ("column", "row"):
            return self._new(COLUMN if node.operator == "column" else ROW)
        return body

    def _call(self, node: tree.Call, scope) -> int:
        inputs = [self.visit(argument, scope) for argument in node.arguments]
        name = node.function
        if name in ("softmax", "log_softmax", "lse") and node.lower:
            letter = self.roles.letter(node.lower[0])
            if letter is not None and letter in self.roles.bound | self.roles.compared | set(
                x for s in self.roles.slots.values() for x in s.letters
            ):
                return self._apply_table(_same_or_number, inputs[0])
        if name == "expectation":
            if self.roles.outcomes(node):
                self.symbol(self.roles.weight(node), node)
                return inputs[0]
            return self._apply_table(_mean, inputs[0])
        if name in _NUMBERS:
            return self._new(SCALAR)
        if name in _UNARY and len(inputs) == 1:
            rule = _UNARY[name]
            if name == "softmax" and self._loose:
                return inputs[0]
            return self._apply_table(rule, inputs[0])
        if name in ("max", "min") and len(inputs) == 1:
            return self._apply_table(_number, inputs[0])
        if name in ("max", "min"):
            return self._apply_table(_spread, *inputs) if len(inputs) == 2 else self._new()
        return inputs[0] if inputs else self._new()

    def _inner_product(self, node: tree.Inner, scope) -> int:
        inputs = (self.visit(node.left, scope), self.visit(node.right, scope))
        return self._apply_table(_inner, *inputs)

    def _norm(self, node: tree.Norm, scope) -> int:
        body = self.visit(node.body, scope)
        if node.bars == 2 and not self._loose:
            return self._apply_table(_of_vector, body)
        return self._apply_table(_number, body)

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
        return self._apply_table(_derivative, *inputs)

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
            return self._apply_table(_product, inner, argument)
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
                self.network.relate(NORMAL, *inputs)
            return self._new(SCALAR)
        if kind == "entropy":
            return self._apply_table(_reduced, inputs[0])
        return inputs[0]

    def _template(self, node: tree.Apply, scope) -> int:
        name = self.authored.function_name(node) or ""
        template: Template = self.authored.templates[name.rstrip("'")]
        inputs = [self.visit(argument, scope) for argument in node.arguments]
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


def _exponential(a: int) -> int | None:
    return a if a != MATRIX else None


def _is_number(node: tree.Node) -> bool:
    if isinstance(node, tree.Negate):
        return _is_number(node.body)
    return isinstance(node, tree.Number)


def _same_or_number(a: int) -> int:
    return a


def _of_vector(a: int) -> int | None:
    return SCALAR if a != SCALAR else None


def _inverse(a: int) -> int | None:
    return a if a in (SCALAR, MATRIX) else None


def _outer(a: int, b: int) -> int | None:
    return MATRIX if a in (COLUMN, ROW) and b in (COLUMN, ROW) else None


def _is_minus_one(node: tree.Node) -> bool:
    return (
        isinstance(node, tree.Negate)
        and isinstance(node.body, tree.Number)
        and node.body.text == "1"
    )


NORMAL = frozenset(((SCALAR,) * 3, (COLUMN, COLUMN, MATRIX), (COLUMN, COLUMN, SCALAR)))
_SPECIAL = {
    "ones": COLUMN | ROW | MATRIX, "zeros": ANY, "identity": MATRIX, "delta": SCALAR, "pi": SCALAR,
    "size": SCALAR, "infinity": SCALAR,
}  # fmt: skip
_METHODS = {
    tree.Name: Ranks._name, tree.Entry: Ranks._entry, tree.Number: Ranks._number,
    tree.Add: Ranks._add, tree.Negate: Ranks._negate, tree.Product: Ranks._product,
    tree.Quotient: Ranks._quotient, tree.Power: Ranks._power, tree.Transpose: Ranks._transpose,
    tree.Sum: Ranks._total, tree.Call: Ranks._call, tree.Inner: Ranks._inner_product,
    tree.Norm: Ranks._norm, tree.Derivative: Ranks._derivative, tree.Gradient: Ranks._gradient,
    tree.Differential: Ranks._same, tree.Rate: Ranks._same, tree.Step: Ranks._same,
    tree.Directional: Ranks._directional, tree.Indicator: Ranks._indicator,
    tree.Cases: Ranks._cases, tree.Matrix: Ranks._matrix, tree.Apply: Ranks._apply,
}  # fmt: skip
