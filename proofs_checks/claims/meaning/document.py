"""A whole document under one reading: a vocabulary, or its own symbols.

Roles, shapes and ranges are inferred over all equations; then every equation is typed once for what
it says about ranges, and once more for its meaning.  What cannot be typed takes nothing with it:
the symbol that it would have defined is unknown, and what rests on it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import conditions
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.covariances import symmetries
from proofs_checks.claims.meaning.definitions import Defined, Definitions, names_in
from proofs_checks.claims.meaning.determined import Determination
from proofs_checks.claims.meaning.model import document_model, empty_model, linear_in
from proofs_checks.claims.meaning.patterns import multiplied_out, renamed, rewritten
from proofs_checks.claims.meaning.ranges import Ranges
from proofs_checks.claims.meaning.ranks import Ranks
from proofs_checks.claims.meaning.roles import INDEX_LETTERS, Roles
from proofs_checks.claims.meaning.spelling import Spelling
from proofs_checks.claims.meaning.statements import Link, Meaning, MeaningError, Statement
from proofs_checks.claims.meaning.symbols import Symbol, Symbols
from proofs_checks.claims.meaning.typing import Context, Typer
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.tree import children, nodes
from theory.algebra.expressions import (
    Equation,
    Inequality,
    OrderEquation,
    Relation,
    StrictInequality,
    free_indices,
    substitute,
)
from theory.algebra.limits import AlgebraError
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    is_order,
    scalar,
    total,
)
from theory.latex import equation as latex_equation
from theory.models import Constraint, Definition, Model
from theory.models.model import name_of

__all__ = ["Reading", "read_as"]

MOST_ROUNDS = 12  # of one equation, each of which makes two ranges one
FAILURES = (ValueError, TypeError, ArithmeticError, RecursionError, KeyError, StopIteration)


class Reading:
    """A document under one reading."""

    def __init__(
        self,
        statements: Sequence[Statement],
        model: Model | None,
        assumptions: Sequence[Statement] = (),
        inputs: Sequence[tree.Node] = (),
        stated: Sequence[tree.Node] = (),
        broken: Sequence[str] = (),
        summation: str = "",
    ) -> None:
        self.base = model
        self.summation = summation
        self.notes: list[str] = []
        self.stand_ins: set[str] = set()  # written down as linear: right for first derivatives
        given = [*statements, *assumptions]
        roots = [r for s in given for r in s.roots] + [*inputs, *stated]
        self._written, self._lefts = roots, [s.sides[0] for s in statements]
        rooted, notes = rewritten(roots, self._lefts)
        self.notes += notes
        given, rest = _with_roots(given, rooted)
        self.inputs, self.stated = rest[: len(inputs)], rest[len(inputs) :]
        self.statements = given[: len(statements)]
        self.assumptions = given[len(statements) :]
        self.broken = set(broken)
        self.meanings: dict[int, Meaning] = {s.number: Meaning() for s in given}
        self._infer(rooted)
        self._type()

    # -- inference --------------------------------------------------------------------------

    def _infer(self, roots: list[tree.Node]) -> None:
        model = self.base
        del roots
        every = [*self.statements, *self.assumptions]
        spell = Spelling([[*s.roots] for s in every] + [[*self.inputs, *self.stated]])
        known: dict[str, int] = {}
        sizes: list[str] = []
        if model is not None:
            known = {
                name: len(t.axes) if isinstance(t, Tensor) else 0
                for name, t in model.tensors.items()
            }
            sizes = [*model.size_names]
            if "n" not in sizes:
                sizes.append("n")
        self._understand(spell, known, sizes)
        self._multiply_out()
        self._understand(spell, known, sizes)
        every = [*self.statements, *self.assumptions]
        self.definitions = Definitions(self.statements, self.roles, self.authored, known)
        self.ranks = Ranks(self.roles, self.authored, known)
        self.ranks.expect([s for s in every if not s.is_inline])
        for node in self.stated:
            if isinstance(node, tree.Compare) and isinstance(node.right, tree.Space):
                self.ranks.declare(node.left, node.right)
        for statement in every:
            if not statement.is_inline or self._is_used(statement):
                self.ranks.add(statement)
        for node in self.inputs:
            reference = self.roles.reference(node)
            if reference is not None:
                self.ranks.symbol(reference, node)
        axes = self.ranks.solve()
        aliases = {} if model is None or "n" in model.size_names else {"n": "T"}
        self.ranges = Ranges(dict(model.size_names) if model else {}, aliases)
        self.symbols = Symbols(self.ranges, model)
        for name, found in axes.items():
            if name not in self.symbols.table:
                self.symbols.table[name] = Symbol(name, found, depends=self.ranks.depends[name])
        for name in self.definitions.found:
            if name in self.symbols.table:
                self.symbols.table[name].is_defined = True
        self.ranges.reserved = {n for n, s in self.symbols.table.items() if s.known is None}
        self._find_fixed_positions()
        self._find_loss()

    def _understand(self, spell: Spelling, known: dict[str, int], sizes: list[str]) -> None:
        every = [*self.statements, *self.assumptions]
        self.roles = Roles(every, spell, known, sizes, [*self.inputs, *self.stated])
        self.authored = Authored(every, self.roles, set(known))

    def _multiply_out(self) -> None:
        """Make products of the brackets that stand after what is no function.

        The formal arguments of a function that is applied to others become names of its own.
        """
        split = multiplied_out(lambda node: self.authored.mode(node) == "product")
        local = {t.number: (name, t.formals) for name, t in self.authored.templates.items()
                 if self._is_local(name)}  # fmt: skip

        def changed(s: Statement) -> Statement:
            roots = list(map(split, s.roots))
            if s.number in local:
                name, formals = local[s.number]
                roots = [renamed(root, formals, name) for root in roots]
            return replace(
                s, sides=tuple(roots[: len(s.sides)]), conditions=tuple(roots[len(s.sides) :])
            )

        self.statements = list(map(changed, self.statements))
        self.assumptions = list(map(changed, self.assumptions))

    def _is_local(self, name: str) -> bool:
        """Return whether the formal arguments of a function mean nothing outside its definition."""
        template = self.authored.templates[name]
        if not all(isinstance(x, tree.Name) for x in template.formals):
            return False
        letters = {self.roles.spell(x) for x in template.formals if isinstance(x, tree.Name)}
        if letters & self.roles.differentiated:
            return False
        for statement in (*self.statements, *self.assumptions):
            for root in statement.roots:
                for node in nodes(root):
                    if isinstance(node, tree.Apply) and self.authored.function_name(node) == name:
                        if node.arguments != template.formals:
                            return True
                    if statement.number != template.number and isinstance(node, tree.Entry):
                        base = node.base
                        if isinstance(base, tree.Name) and self.roles.spell(base) in letters:
                            return True
        return False

    def _is_used(self, statement: Statement) -> bool:
        return any(key[0] == statement.number for key in self.definitions.by_side)

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
            for field in _below(node):
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
                        by = {x for b in node.by for x in self._names(b)}
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
            for line in (*self.base.definitions, *self.base.vocabulary):
                computed[line.name] = _ancestors(self.base, line)
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

    def _names(self, node: tree.Node) -> set[str]:
        return names_in(node, self.roles, self.authored, frozenset())

    # -- typing -----------------------------------------------------------------------------

    def _type(self) -> None:
        every = [s for s in (*self.statements, *self.assumptions)]
        every = [s for s in every if not s.is_inline or self._is_used(s)]
        failed: dict[int, MeaningError] = {}
        for statement in every:
            error = self._gather(statement)
            if error is not None:
                failed[statement.number] = error
        for node in self.inputs:
            self._declare(node)
        self._show_named_sizes()
        self.ranges.settle(self.roles.sizes | set(self.symbols.table))
        self._unknown = self._unread(failed)
        self.assumed = {n for s in self.assumptions for r in s.roots for n in self._names(r)}
        self.lines: list[Definition] = []
        self._pieces: dict[str, list[tuple[Definition, Any]]] = {}
        self.constraints: list[Constraint] = []
        self.signs: dict[Any, Any] = {}  # of the whole document
        every.sort(key=lambda s: s not in self.assumptions)
        for statement in every:
            meaning = self.meanings[statement.number]
            if statement.number in failed:
                meaning.error = failed[statement.number]
                continue
            try:
                if statement in self.assumptions:
                    self._assume(statement)
                else:
                    self._take(statement, meaning)
            except MeaningError as error:
                meaning.error = error
            except FAILURES as error:
                told = str(error) or "this is nested too deeply."
                meaning.error = MeaningError(told, statement.span)
        self._unknown |= self._unread({n: m.error for n, m in self.meanings.items() if m.error})
        self._make_model()
        self._check()

    def _show_named_sizes(self) -> None:
        for name in sorted(self.roles.sizes):
            if name not in self.ranges.named and name not in self.ranges.aliases:
                if name not in self.definitions.found:
                    self.ranges.declare(name)

    def _declare(self, node: tree.Node) -> None:
        reference = self.roles.reference(node)
        if reference is None or reference.name not in self.symbols.table:
            raise MeaningError("`input` needs a symbol such as M_{ij}.", node.span)

    def _unread(self, failed: dict[int, Any]) -> set[str]:
        """Return the symbols whose definition could not be read."""
        names = set(self.broken) - self.definitions.found.keys()
        stems = {name for name in names if "_" not in name}
        names |= {
            name
            for name in self.symbols.table
            if name.split("_")[0] in stems and name not in self.definitions.found
        }
        for (number, _), found in self.definitions.by_side.items():
            if number in failed:
                names.add(found.name)
        return names

    def typer(self, statement: Statement) -> Typer:
        """Return a typer for one statement, set to changes where it is about differentials."""
        typer = Typer(self.context, statement.number)
        typer.moving = self._moving(statement)
        return typer

    def _moving(self, statement: Statement) -> dict[str, Any] | None:
        """Return the directions of an equation between differentials, None for adjoints."""
        left = [n for n in nodes(statement.sides[0]) if isinstance(n, tree.Differential)]
        right = [
            n for s in statement.sides[1:] for n in nodes(s) if isinstance(n, tree.Differential)
        ]
        if not left or not right:
            return None
        if any(getattr(n, "style", "") == "word" for n in left):
            return None
        composite = any(not isinstance(n.quantity, tree.Name | tree.Entry) for n in left)
        from_parts = False
        names: dict[str, None] = {}
        for n in right:
            for name in sorted(self._names(n.quantity)):
                names[name] = None
        for n in left:
            own = self._names(n.quantity)
            for name in own:
                above = self.context.computed.get(name, frozenset())
                from_parts |= bool(above & names.keys())
                from_parts |= name == self.loss_name and name not in names
        if not (composite or from_parts):
            return None
        moving: dict[str, Any] = {}
        for name in names:
            if name not in self.symbols.table or name in self.context.opaque:
                continue
            tensor = self.symbols.tensor(name)
            if isinstance(tensor, Tensor):
                moving[name] = Tensor(f"{name}_along", tensor.axes)
            else:
                moving[name] = scalar(f"{name}_along")
        return moving

    def _gather(self, statement: Statement) -> MeaningError | None:
        """Type a statement for what it says about ranges; return why it has no meaning."""
        mark = self.ranges.mark()
        error: MeaningError | None = None
        for _ in range(MOST_ROUNDS):
            before = self.ranges.mark()
            try:
                self._sides(statement)
                error = None
            except MeaningError as found:
                error = found
            except FAILURES as found:
                error = MeaningError(str(found) or "nested too deeply", statement.span)
            if self.ranges.mark() == before:
                break
        if error is not None:
            self.ranges.back(mark)
        return error

    def _sides(self, statement: Statement) -> tuple[Typer, list[Value]]:
        typer = self.typer(statement)
        for letter in self._left_letters(statement):
            typer.index(letter, typer.open("left"), "the left side")
        values = []
        for side in statement.sides:
            side, _ = self.without_order(side)
            values.append(typer.value(side))
        values = self._summed(values)
        for left, right, span in zip(
            values, values[1:], [s.span for s in statement.sides[1:]], strict=False
        ):
            self._joined(typer, left, right, span)
        for condition in statement.conditions:
            self._condition(typer, condition)
        return typer, values

    def _left_letters(self, statement: Statement) -> list[tree.Node]:
        found = self.definitions.by_side.get((statement.number, 0))
        return [x for x in found.reference.indices if self.roles.letter(x)] if found else []

    def _summed(self, values: list[Value]) -> list[Value]:
        """Sum repeated indices; where nobody asked for it, only those that some side lacks."""
        if not self.summation:
            return values
        kept: frozenset[Index] = frozenset()
        if self.summation == "found":
            free = [free_indices(sp.sympify(v.expression, strict=True)) for v in values]
            kept = frozenset.intersection(*map(frozenset, free)) if free else kept
        return [Value(_einstein(v.expression, (*v.axes, *kept)), v.row, v.column) for v in values]

    def _joined(self, typer: Typer, a: Value, b: Value, span: Any) -> tuple[Value, Value]:
        if a.expression == 0 and a.is_scalar:
            return Value(sp.S.Zero, b.row, b.column), b
        if b.expression == 0 and b.is_scalar:
            return a, Value(sp.S.Zero, a.row, a.column)
        if len(a.axes) != len(b.axes) and (a.is_scalar or b.is_scalar):
            small, large = (a, b) if a.is_scalar else (b, a)
            if not free_indices(small.expression) and isinstance(small.expression, sp.Number):
                typer.shapes.notes.append("a number stands for a vector or matrix of that number")
                filled = Value(small.expression, large.row, large.column)
                return (filled, b) if a.is_scalar else (a, filled)
        return typer.shapes.join(a, b, span, "the two sides of an equation")

    def without_order(self, node: tree.Node) -> tuple[tree.Node, tree.Node | None]:
        """Split off dropped terms O(...) at the end of a sum."""
        if isinstance(node, tree.Add) and "O" not in self.symbols.table:
            last = node.terms[-1]
            is_order = (
                isinstance(last, tree.Apply)
                and isinstance(last.base, tree.Name)
                and last.base.letter == "O"
            ) or (isinstance(last, tree.Call) and last.function == "order")
            if is_order:
                kept = node.terms[:-1]
                first = kept[0] if len(kept) == 1 else replace(node, terms=kept)
                return first, last
        return node, None

    # -- conditions beside equations --------------------------------------------------------

    def _condition(self, typer: Typer, node: tree.Node) -> tuple[Any, dict[Any, Any]]:
        """Return the factor of a condition on indices, and what it says about signs."""
        if isinstance(node, tree.ForAll):
            return sp.S.One, {}
        if isinstance(node, tree.Ranges):
            return self._range(typer, node), {}
        if isinstance(node, tree.Otherwise):
            return sp.S.One, {}
        if not isinstance(node, tree.Compare):
            raise MeaningError("this condition is not read.", node.span)
        if node.relation == "in" and isinstance(node.right, tree.Space):
            self._dimensions(typer, node)
            return sp.S.One, {}
        letter = self.roles.letter(node.left)
        other = self.roles.letter(node.right)
        if letter in typer.letters or other in typer.letters:
            return conditions.holds(typer, node), {}
        if node.relation in ("<", "<=", ">", ">="):
            return sp.S.One, self._sign(typer, node)
        raise MeaningError(
            "this condition is not read.", node.span,
            expected="a range of an index, or the sign of a symbol",
        )  # fmt: skip

    def _range(self, typer: Typer, node: tree.Ranges) -> Any:
        factor = sp.S.One
        name = self.roles.size_name(node.last)
        if name is None:
            raise MeaningError("this range is not read.", node.last.span, expected="n")
        size = self.ranges.declare(name)
        for item in node.indices:
            index = typer.index(item, size, "the range beside the equation")
            if isinstance(node.first, tree.Number) and node.first.text in ("0", "1"):
                continue
            if isinstance(node.first, tree.Number) and node.first.text == "2":
                from theory.algebra.symbols import delta

                factor *= 1 - delta(index, sp.S.One)
                continue
            raise MeaningError("this range is not read.", node.first.span, expected="1 or 2")
        return factor

    def _dimensions(self, typer: Typer, node: tree.Compare) -> None:
        space = node.right
        value = typer.value(node.left)
        axes = value.axes
        dims = [d for d in getattr(space, "dims", ()) if not isinstance(d, tree.Number)]
        if len(dims) != len(axes):
            return
        for axis, dim in zip(axes, dims, strict=True):
            name = self.roles.size_name(dim)
            if name is None:
                continue
            size = self.ranges.declare(name)
            if self.ranges.clash(axis.size, size):
                raise MeaningError(
                    f"this says {name} where {self.ranges.find(axis.size)} stands elsewhere.",
                    dim.span,
                )
            self.ranges.meet(axis.size, size)

    def _sign(self, typer: Typer, node: tree.Compare) -> dict[Any, Any]:
        """Return a symbol and the one with the sign that a condition gives it."""
        small, large = (node.left, node.right)
        if node.relation in (">", ">="):
            small, large = large, small
        is_strict = node.relation in ("<", ">")
        if not (isinstance(small, tree.Number) and small.text == "0"):
            raise MeaningError("this condition is not read.", node.span, expected="c > 0")
        value = typer.value(large)
        e = value.expression
        if isinstance(e, sp.Symbol) and e.name in self.symbols.table:
            if not self.symbols.table[e.name].is_defined:
                sign = {"positive": True} if is_strict else {"nonnegative": True}
                return {e: sp.Symbol(e.name, **sign)}
        if isinstance(e, sp.Indexed) and not self.symbols.table[name_of(e.base)].is_defined:
            base: Any = e.base
            return {base: Tensor(name_of(base), base.axes, nonnegative=True)}
        raise MeaningError(
            "a sign is read for symbols that the document does not define.", node.span
        )

    # -- claims and definitions -------------------------------------------------------------

    def _take(self, statement: Statement, meaning: Meaning) -> None:
        if self._is_case(statement):
            meaning.skipped = "the value of an index, which is no claim"
            return
        typer, values = self._sides(statement)
        factor, signs = sp.S.One, {}
        for condition in statement.conditions:
            more, said = self._condition(typer, condition)
            factor *= more
            signs.update(said)
        is_chain = len(statement.kinds) > 1
        for n, kind in enumerate(statement.kinds):
            found = self._definition_at(statement, n, kind)
            span = statement.sides[n + 1].span
            notes = tuple(dict.fromkeys(typer.shapes.notes))
            if found is not None:
                partly = signs or any(isinstance(c, tree.Otherwise) for c in statement.conditions)
                line = self._define(found, values, typer, None if partly else factor)
                relation = Equation(line.symbol, line.value)
                said = (f"defines {found.name}", *notes)
                meaning.links.append(Link("definition", relation, span, said))
                continue
            link = self._link(statement, n, kind, values, typer, factor)
            link.kind = "step" if is_chain else "claim"
            if not is_chain and kind == "equality" and self._is_said_of_inputs(link.relation):
                link.kind = "assumption"
                text = latex_equation(link.relation, self.base)
                self.constraints.append(Constraint(link.relation, text))
            link.notes = notes
            link.signs = {**self.signs, **signs}
            meaning.links.append(link)
        if sum(link.kind == "step" for link in meaning.links) == 1:
            for link in meaning.links:
                link.kind = "claim" if link.kind == "step" else link.kind

    def _is_case(self, statement: Statement) -> bool:
        """Return whether an equation only says which case is meant: k = 1, i = j."""
        if len(statement.sides) != 2:
            return False
        letters = [self.roles.letter(s) for s in statement.sides if isinstance(s, tree.Name)]
        index = self.roles.bound | self.roles.compared
        plain = all(isinstance(s, tree.Name | tree.Number) for s in statement.sides)
        return (
            plain
            and bool(letters)
            and all(x in index and x not in self.definitions.found for x in letters)
        )

    def _definition_at(self, statement: Statement, n: int, kind: str) -> Defined | None:
        left = n + 1 if kind == "backward" else n
        found = self.definitions.by_side.get((statement.number, left))
        if found is None or found.right != (n if kind == "backward" else n + 1):
            return None
        return found

    def _define(self, found: Defined, values: list[Value], typer: Typer, factor: Any) -> Definition:
        left, right = values[found.left], values[found.right]
        left, right = self._joined(typer, left, right, found.statement.sides[found.right].span)
        entry, value = left.expression, right.expression
        free = {k.name for k in free_indices(sp.sympify(value))}
        own = {k.name for k in free_indices(sp.sympify(entry))}
        stray = sorted(free - own)
        if stray:
            raise MeaningError(
                f"the index {stray[0]} stands on the right side only.",
                found.statement.sides[found.right].span,
                suggestion=f"sum over {stray[0]}, or put it on the left",
            )
        mapping = {k: Index(_letter(n), k.size) for n, k in enumerate(left.axes)}
        entry, value = (substitute(sp.sympify(e), mapping) for e in (entry, value))
        line = Definition(entry, value, found.name)
        pieces = self.definitions.found[found.name]
        if not found.is_part:
            self.lines.append(line)
            return line
        if factor is None:
            self._unknown.add(found.name)
            return line
        self._pieces.setdefault(found.name, []).append((line, sp.expand(factor)))
        done = self._pieces[found.name]
        if len(done) == len(pieces) and not self._joined_pieces(done):
            self._unknown.add(found.name)
        return line

    def _joined_pieces(self, pieces: list[tuple[Definition, Any]]) -> bool:
        """Join the pieces of a definition by cases, if together they are everything."""
        first = pieces[0][0]
        value, covered = sp.S.Zero, sp.S.Zero
        for line, factor in pieces:
            mapping = dict(zip(line.parameters, first.parameters, strict=True))
            here = substitute(sp.sympify(factor), mapping)
            value += substitute(line.value, mapping) * here
            covered += here
        if sp.expand(covered) != 1:
            return False
        self.lines.append(Definition(first.symbol, value, first.title))
        return True

    def _link(
        self,
        statement: Statement,
        n: int,
        kind: str,
        values: list[Value],
        typer: Typer,
        factor: Any,
    ) -> Link:
        span = statement.sides[n + 1].span
        a, b = self._joined(typer, values[n], values[n + 1], span)
        self._same_letters(a, b, statement.sides[n + 1])
        names = {
            "le": (Inequality, False), "lt": (StrictInequality, False),
            "ge": (Inequality, True), "gt": (StrictInequality, True),
        }  # fmt: skip
        relation, turned = names.get(kind, (Equation, False))
        left, right = a.expression * factor, b.expression * factor
        if turned:
            left, right = right, left
        typed, axes = self._named_axes(relation(left, right), a if not a.is_scalar else b)
        dropped = [
            x for s in statement.sides[n : n + 2] if (x := self.without_order(s)[1]) is not None
        ]
        if dropped:
            small, order = self._remainder(typer, dropped[0])
            typed = OrderEquation(typed.left, typed.right, small, order)
            place = dropped[0].span
            return Link("claim", typed, span, (), axes, (place.start, place.end))
        return Link("claim", typed, span, (), axes)

    def _remainder(self, typer: Typer, node: tree.Node) -> tuple[Any, int]:
        """Return what becomes small in O(eta^2), and the order."""
        inner = node.arguments[0] if isinstance(node, tree.Apply | tree.Call) else node
        order = 1
        if isinstance(inner, tree.Power) and isinstance(inner.exponent, tree.Number):
            inner, order = inner.base, int(inner.exponent.text)
        small = typer.value(inner).expression
        if not isinstance(small, sp.Symbol) or isinstance(small, Index):
            raise MeaningError(
                "what becomes small in O(...) is a symbol to a power.",
                node.span,
                expected="O(\\eta^2)",
            )
        return small, order

    def _is_said_of_inputs(self, relation: Relation) -> bool:
        """Return whether an equation says that an undefined symbol is symmetric, or sums to one."""
        left, right = relation.left, relation.right
        if isinstance(left, sp.Indexed) and isinstance(right, sp.Indexed):
            symbol = self.symbols.table.get(str(left.base.label))
            turned = left.base == right.base and left.indices == right.indices[::-1]
            free = len(set(left.indices)) == len(left.indices) == 2
            return bool(turned and free and symbol and not symbol.is_defined and not symbol.known)
        if right != 1 or not isinstance(left, sp.Sum) or not isinstance(left.function, sp.Indexed):
            return False
        name = name_of(left.function.base)
        symbol = self.symbols.table.get(name)
        if symbol is None or symbol.is_defined or name in self.broken:
            return False
        return len(left.limits) == 1

    def _same_letters(self, a: Value, b: Value, where: tree.Node) -> None:
        """Reject an index that stands on one side only, unless the other side has none at all."""
        left, right = (
            {k.name for k in free_indices(sp.sympify(v.expression, strict=True))}
            - {k.name for k in v.axes}
            for v in (a, b)
        )
        if not left or not right or left == right:
            return
        stray = sorted(right - left) or sorted(left - right)
        fixed = {x for s in self.symbols.table.values() for x in s.fixed}
        if all(
            x in fixed or (x in self.roles.compared and x not in self.roles.bound)
            for x in left ^ right
        ):
            return  # constant positions, such as the true class
        side = "right" if right - left else "left"
        raise MeaningError(
            f"the index {stray[0]} is free on the {side} side only.", where.span,
            expected="the same free indices on both sides",
            suggestion=f"sum over {stray[0]}, or correct the index",
        )  # fmt: skip

    def _named_axes(self, relation: Relation, value: Value) -> tuple[Relation, tuple[str, str]]:
        """Give silent axes that both sides share a letter of their own; return these too."""
        taken = {k.name for e in relation.args for k in free_indices(e)}
        mapping = {}
        letters_of = self.base.letters if self.base is not None else {}
        for axis in value.axes:
            usual = letters_of.get(self.ranges.find(axis.size).name, ())
            letter = next(
                x for x in (*usual, *"abcdefgh", *(f"a{n}" for n in range(99))) if x not in taken
            )
            taken.add(letter)
            mapping[axis] = Index(letter, axis.size)
        row, column = (mapping[k].name if k is not None else "" for k in (value.row, value.column))
        return type(relation)(*(substitute(e, mapping) for e in relation.args)), (row, column)

    def _assume(self, statement: Statement) -> None:
        typer, values = self._sides(statement)
        sign = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}.get(statement.kinds[0])
        if sign is not None:
            left, right = statement.sides[:2]
            said = tree.Compare(left, sign, right, span=statement.span)
            self.signs.update(self._sign(typer, said))
            return
        factor = sp.S.One
        for condition in statement.conditions:
            more, signs = self._condition(typer, condition)
            if signs:
                raise MeaningError("a sign beside a hypothesis is not read.", condition.span)
            factor *= more
        a, b = self._joined(typer, values[0], values[1], statement.sides[1].span)
        equation, _ = self._named_axes(
            Equation(a.expression * factor, b.expression * factor), a if not a.is_scalar else b
        )
        self.constraints.append(
            Constraint(Equation(equation.left, equation.right), latex_equation(equation, self.base))
        )

    # -- the model --------------------------------------------------------------------------

    def _make_model(self) -> None:
        try:
            self.model = self._model()
        except FAILURES as error:
            told = str(error) or "the definitions are nested too deeply."
            for statement in self.statements:
                meaning = self.meanings[statement.number]
                meaning.error = meaning.error or MeaningError(told, statement.span)
            self.model = self.base or empty_model(self.context.loss)

    def _model(self) -> Model:
        defined = {line.name for line in self.lines}
        own_inputs = [
            name
            for name, symbol in self.symbols.table.items()
            if symbol.known is None and name not in defined
        ]
        lines, inputs = list(self.lines), []
        opaque = [n for n in own_inputs if n in self.context.opaque]
        if self.loss_name in self.context.opaque and self.loss_name not in opaque:
            opaque.append(self.loss_name)
        for name in own_inputs:
            symbol = self.symbols.table[name]
            depends = [
                d
                for d in sorted(symbol.depends)
                if d in self.symbols.table and d != name and d not in defined
            ]
            if name in opaque:
                continue
            if depends and self._differentiates_any(depends):
                self._depend(name, depends, lines, inputs)
            else:
                inputs.append(self.symbols.tensor(name))
        for name in opaque:
            self._opaque(name, lines, inputs)
        lines = self._computable(lines, inputs)
        inputs += [*self._directions(), *self._orders(lines)]
        relations = [k.relation for m in self.meanings.values() for k in m.links]
        spoken = [x for x in (*relations, *(line.value for line in lines)) if x is not None]
        self.constraints += symmetries(spoken, inputs)
        constraints = tuple(self.constraints)
        if self.base is not None:
            return replace(
                self.base,
                sizes=(*self.base.sizes, *self._new_sizes(lines, inputs)),
                inputs=(*self.base.inputs, *inputs),
                vocabulary=(*self.base.vocabulary, *lines),
                constraints=(*self.base.constraints, *constraints),
            )
        return document_model(lines, inputs, self.context.loss, constraints, self.ranges)

    def _new_sizes(self, lines: Sequence[Definition], inputs: Sequence[sp.Basic]) -> list[Size]:
        """Return the ranges that only the document has."""
        found = {axis for x in inputs if isinstance(x, Tensor) for axis in x.axes}
        found |= {k.size for line in lines for k in line.parameters}
        found |= {k.size for line in lines for k in line.value.atoms(Index)}
        return sorted(found - set(self.base.sizes if self.base else ()), key=str)

    def _orders(self, lines: Sequence[Definition]) -> list[sp.Basic]:
        """Return the orders of ranges over a part of which something is summed."""
        relations = [link.relation for m in self.meanings.values() for link in m.links]
        found = {
            name_of(node.base): node.base
            for e in (*relations, *(line.value for line in lines))
            for node in e.atoms(sp.Indexed)
            if is_order(name_of(node.base))
        }
        return [found[name] for name in sorted(found)]

    def _computable(self, lines: list[Definition], inputs: list[sp.Basic]) -> list[Definition]:
        """Return the lines that the index calculus can compute with; others stay unknown."""
        kept = []
        for line in lines:
            try:
                if not line.value.has(Partial, Step, Flow):
                    Reader(Ring()).read(line.value)
            except AlgebraError:
                self._unknown.add(line.name)
                inputs.append(self.symbols.tensor(line.name))
                continue
            kept.append(line)
        return kept

    def _directions(self) -> list[sp.Basic]:
        found: dict[str, sp.Basic] = {}
        for statement in self.statements:
            moving = self._moving(statement) or {}
            for along in moving.values():
                found[str(getattr(along, "label", along))] = along
        return list(found.values())

    def _differentiates_any(self, names: Sequence[str]) -> bool:
        return any(n in self.roles.differentiated for n in names)

    def _entry_of(self, name: str) -> Any:
        tensor = self.symbols.tensor(name)
        if not isinstance(tensor, Tensor):
            return tensor
        letters = "abcdefgh"
        return tensor[tuple(Index(x, size) for x, size in zip(letters, tensor.axes, strict=False))]

    def _depend(
        self, name: str, depends: list[str], lines: list[Definition], inputs: list[sp.Basic]
    ) -> None:
        """Write down a quantity of which the document says only what it depends on."""
        symbol = self._entry_of(name)
        value, new = linear_in(symbol, [self._entry_of(d) for d in depends])
        base = self.symbols.tensor(name)
        label = f"{name}_rest"
        if isinstance(base, Tensor):
            rest = Tensor(label, base.axes)
            value += rest[symbol.indices]
        else:
            rest = scalar(label)
            value += rest
        inputs += [*new, rest]
        self.stand_ins.add(name)
        lines.append(Definition(symbol, value, f"{name}, not defined by the document"))

    def _opaque(self, name: str, lines: list[Definition], inputs: list[sp.Basic]) -> None:
        """Write down a scalar that is differentiated and never defined."""
        parts = self._last(name)
        symbol = scalar(name)
        value, new = linear_in(symbol, parts)
        rest = scalar(f"{name}_rest")
        inputs += [*new, rest]
        self.stand_ins.add(name)
        lines.append(Definition(symbol, value + rest, f"{name}, not defined by the document"))

    def _last(self, name: str) -> list[sp.Expr]:
        """Return what an unknown scalar depends on: the last definitions.

        Where the document differentiates it by some of them, only those; without definitions,
        whatever it is differentiated by.
        """
        defined = [line for line in self.lines if line.name not in self.context.opaque]
        derived = {line.name for line in self.lines if self._uses_derivatives(line)}
        defined = [
            line
            for line in defined
            if not derived & {line.name, *self.definitions.depends_on(line.name)}
        ]
        used = {n for line in defined for n in self.definitions.depends_on(line.name)}
        if name in used:  # what is computed from it is not what it depends on
            defined = []
        last = [line for line in defined if line.name not in used]
        bys = self.differentiated_by.get(name, set()) | self._shorthand()
        named = [line for line in last if line.name in bys]
        if last:
            reach = {line.name for line in last}.union(
                *(self.definitions.depends_on(line.name) for line in last)
            )
            beyond = [
                n
                for n in sorted(bys - reach)
                if n in self.symbols.table and n not in self.context.opaque and n != name
            ]
            return [line.symbol for line in (named or last)] + [
                self._entry_of(n) for n in beyond if not named
            ]
        return [
            self._entry_of(n)
            for n in sorted(bys)
            if n in self.symbols.table and n != name and n not in self.context.opaque
        ]

    def _uses_derivatives(self, line: Definition) -> bool:
        return line.value.has(Partial, Step, Flow)

    def _shorthand(self) -> set[str]:
        found: set[str] = set()
        for statement in self.statements:
            for root in statement.roots:
                for node in nodes(root):
                    if isinstance(node, tree.Differential):
                        found |= self._names(node.quantity)
        return found

    def _check(self) -> None:
        """Reject what the definitions do not determine, and hedge what rests on the unknown."""
        Determination(self).check()

    # -- reading more -----------------------------------------------------------------------

    def equation(
        self, sides: Sequence[tree.Node], near: tuple[tree.Node, ...] = ()
    ) -> Relation | None:
        """Return what ``left = right`` means in the document, None if it means nothing there."""
        roots = rewritten([*self._written, *sides], self._lefts)[0][len(self._written) :]
        statement = Statement(
            1_000_000, -1, tuple(roots[: len(sides)]), ("equality",), False, sides[0].span, near
        )
        mark = self.ranges.mark()
        try:
            typer, values = self._sides(statement)
            factor = sp.S.One
            for condition in near:
                factor *= self._condition(typer, condition)[0]
            link = self._link(statement, 0, "equality", values, typer, factor)
            open_range = any(k.size.name.startswith("?") for k in link.relation.atoms(Index))
            return None if open_range else link.relation
        except (MeaningError, *FAILURES):
            return None
        finally:
            self.ranges.back(mark)

    @property
    def problems(self) -> int:
        """The number of statements and hypotheses that have no meaning under this reading."""
        return sum(m.error is not None for m in self.meanings.values())

    @property
    def claims(self) -> int:
        """The number of links that are to be judged."""
        return sum(
            link.kind in ("claim", "step") for m in self.meanings.values() for link in m.links
        )


def read_as(*arguments: Any, **named: Any) -> Reading:
    """Return the document under one reading; see `Reading`."""
    return Reading(*arguments, **named)


def _with_roots(
    statements: Sequence[Statement], roots: list[tree.Node]
) -> tuple[list[Statement], list[tree.Node]]:
    out, at = [], 0
    for statement in statements:
        sides = tuple(roots[at : at + len(statement.sides)])
        at += len(statement.sides)
        said = tuple(roots[at : at + len(statement.conditions)])
        at += len(statement.conditions)
        out.append(replace(statement, sides=sides, conditions=said))
    return out, roots[at:]


def _below(node: tree.Node) -> Sequence[tree.Node]:
    from proofs_checks.claims.meaning.spelling import children

    return list(children(node))


def _letter(n: int) -> str:
    """Return a letter for a silent axis of a definition that no index of a document has."""
    return f"{'rc'[n]}{n + 1}"


def _ancestors(model: Model, line: Definition) -> frozenset[str]:
    from theory.algebra.expressions import tensors_in

    reached, waiting = set(), list(tensors_in(line.value))
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        if name in model.by_name:
            waiting += tensors_in(model.by_name[name].value)
    return frozenset(reached)


def _einstein(e: Any, silent: tuple[Index, ...]) -> Any:
    """Sum every term over the indices that stand in it twice (Einstein's convention)."""
    from collections import Counter

    e = sp.sympify(e, strict=True)
    if isinstance(e, sp.Add):
        return sp.Add(*(_einstein(term, silent) for term in e.args))
    if isinstance(e, sp.Function) and e.args:
        inner = e.func(*(_einstein(a, silent) for a in e.args))
        if inner != e:
            return inner
    counts = Counter(
        k
        for node in sp.preorder_traversal(e)
        if isinstance(node, sp.Indexed | sp.KroneckerDelta)
        for k in (node.indices if isinstance(node, sp.Indexed) else node.args[:2])
        if k in free_indices(e) and k not in silent
    )
    return total(e, *(k for k, n in counts.items() if n > 1 and isinstance(k, Index)))
