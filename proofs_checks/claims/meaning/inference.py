r"""What is inferred over all equations of a document before any of them is typed.

    roles, authored     what each script and bracket is, and which functions the document defines
    definitions         s_{ij} = q_i^T k_j defines s
    ranks, symbols      the shape of every symbol, and its axes
    ranges              the lengths of the axes, of which equations will make some the same

`Inference` is what `positions`, `descent`, `sides`, `links`, `assembly` and `document` build on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.arbitrary_losses import SKIPPED, ArbitraryLoss, arbitrary_losses
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.bare_losses import labelled_losses
from proofs_checks.claims.meaning.definitions import Definitions, names_in
from proofs_checks.claims.meaning.diagonal import off_the_diagonal
from proofs_checks.claims.meaning.families import in_bold, stacked, told_apart
from proofs_checks.claims.meaning.insertion import put_in
from proofs_checks.claims.meaning.layers import one_layer_on
from proofs_checks.claims.meaning.logarithms import defined_by_logarithms
from proofs_checks.claims.meaning.operators import has_differentials, with_differentials
from proofs_checks.claims.meaning.patterns import multiplied_out, renamed, rewritten
from proofs_checks.claims.meaning.ranges import Ranges
from proofs_checks.claims.meaning.ranks import Ranks
from proofs_checks.claims.meaning.rewriting import mapped
from proofs_checks.claims.meaning.roles import Roles
from proofs_checks.claims.meaning.spelling import Spelling
from proofs_checks.claims.meaning.statements import Meaning, Said, Statement
from proofs_checks.claims.meaning.symbols import Symbol, Symbols
from proofs_checks.claims.spaces import kind_of_numbers
from proofs_checks.claims.tree import nodes
from theory.algebra.symbols import Tensor
from theory.models import Constraint, Definition, Model

__all__ = ["Inference"]


class Inference:
    """The symbols of a document under one reading.

    | attribute | meaning |
    |---|---|
    | statements, assumptions | what the document says, and supposes |
    | shown | names of the symbols that displays speak of |
    | meanings | by the number of a statement: its links, or why it has none |
    | lines, constraints, signs | what has been typed so far: definitions, hypotheses, signs |
    | inferred | those of the hypotheses that nobody wrote |
    | values | which numbers inputs are said to be among, by name |
    """

    def __init__(self, said: Said, model: Model | None) -> None:
        self.base = model
        self.summation, self.rows, self.apart_letters = said.summation, said.rows, said.apart
        self.headings = said.headings
        self.notes: list[str] = []
        self.steps_before: set[str] = set()  # the S_{t-1} that the definition of S_t defines
        self.stand_ins: set[str] = set()  # written down as linear: right for first derivatives
        given = [*said.statements, *said.assumptions]
        roots = [r for s in given for r in s.roots] + [*said.inputs, *said.stated]
        self.rewriting = rewritten(
            roots, [s.sides for s in said.statements], said.elsewhere, own=model is None
        )
        self.notes += self.rewriting.notes
        given, rest = _with_roots(given, self.rewriting.trees)
        self.undivided: Roles | None = None  # from before letters were told apart
        self.stacked = stacked(given) if model is None else frozenset()
        is_free = model is None or "d" not in {*model.tensors, *model.size_names}
        self.is_operator = is_free and has_differentials(given, said.elsewhere)
        trees = list(map(self._spoken, self.rewriting.trees))
        given, rest = _with_roots(given, trees)
        self.inputs = rest[: len(said.inputs)]
        self.stated = [x for x in rest[len(said.inputs) :] if isinstance(x, tree.Compare)]
        self.statements = given[: len(said.statements)]
        self.arbitrary: list[ArbitraryLoss] = []
        self.labelled: dict[int, str] = {}  # losses that got the label of another, by statement
        if model is None:
            self.statements = defined_by_logarithms(self.statements)
            self.statements, self.labelled = labelled_losses(self.statements)
            self.statements, self.arbitrary = arbitrary_losses(self.statements)
        self.statements += one_layer_on(self.statements)
        self.assumptions = given[len(said.statements) :]
        self.broken = set(said.broken)
        self._described = said.described
        self.cases = said.cases
        every = (*self.statements, *self.assumptions)
        self.meanings: dict[int, Meaning] = {s.number: Meaning() for s in every}
        self.meanings |= {x.number: Meaning(skipped=SKIPPED) for x in self.arbitrary}
        self.loss_name = "L"
        self.differentiated_by: dict[str, set[str]] = {}
        self.lines: list[Definition] = []
        self._pieces: dict[str, list[tuple[Definition, Any]]] = {}
        self.constraints: list[Constraint] = []
        self.inferred: list[Constraint] = []
        self.signs: dict[Any, Any] = {}  # of the whole document
        self.unknown: set[str] = set()
        self.values: dict[str, str] = {}  # the numbers that inputs are said to be among
        self._infer()

    def _infer(self) -> None:
        model = self.base
        spell = self._spelling()
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
        if self.apart_letters:
            spell = self._tell_apart()
            self._understand(spell, known, sizes)
        self._multiply_out()
        self._understand(spell, known, sizes)
        every = [*self.statements, *self.assumptions]
        self.definitions = Definitions(self.statements, self.roles, self.authored, known)
        self.apart = off_the_diagonal(self.statements)
        self.ranks = Ranks(self.roles, self.authored, known)
        self.ranks.expect([s for s in every if not s.is_inline])
        supposed = {n for s in self.assumptions for root in s.roots for n in self.names(root)}
        self.shown = {
            name
            for s in self.statements
            if not s.is_inline
            for root in s.roots
            for name in self.names(root)
        }
        self.stated = [s for s in self.stated if self.names(s.left) & (self.shown | supposed)]
        for stated in self.stated:
            if isinstance(stated.right, tree.Space):
                self.ranks.declare(stated.left, stated.right)
            elif kind := kind_of_numbers(stated.right):
                self.values |= dict.fromkeys(self.names(stated.left), kind)
        self.ranks.add_all([s for s in every if not s.is_inline or self._is_used(s)])
        for node in self.inputs:
            reference = self.roles.reference(node)
            if reference is not None:
                self.ranks.symbol(reference, node)
        axes = self.ranks.solve()
        self.torn = self.ranks.torn()
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

    def _spoken(self, node: tree.Node) -> tree.Node:
        """Return a tree with the letters that the document uses in a way of its own."""
        node = in_bold(node, self.stacked)
        node = with_differentials(node) if self.is_operator else node
        if self.undivided is None:
            return node
        return told_apart(node, self.undivided, self.apart_letters)

    def _spelling(self) -> Spelling:
        every = [*self.statements, *self.assumptions]
        return Spelling([[*s.roots] for s in every] + [[*self.inputs, *self.stated]])

    def _tell_apart(self) -> Spelling:
        """Name the families of the letters that are other symbols with an index."""
        self.undivided = self.roles
        named = self._spoken
        given = [*self.statements, *self.assumptions]
        given, _ = _with_roots(given, [named(root) for s in given for root in s.roots])
        self.assumptions = given[len(self.statements) :]
        self.statements = given[: len(self.statements)]
        self.inputs = list(map(named, self.inputs))
        self.stated = [x for x in map(named, self.stated) if isinstance(x, tree.Compare)]
        return self._spelling()

    def _understand(self, spell: Spelling, known: dict[str, int], sizes: list[str]) -> None:
        every = [*self.statements, *self.assumptions]
        roots = [*self.inputs, *self.stated]
        self.roles = Roles(every, spell, known, sizes, roots, rows=self.rows)
        self.authored = Authored(every, self.roles, set(known))

    def _multiply_out(self) -> None:
        """Make products of the brackets that stand after what is no function.

        What a function's definition takes other functions of is put in: g(y) in f(y) = 2 g(y).
        The formal arguments of a function that is applied to others become names of its own.
        """
        split = multiplied_out(lambda node: self.authored.mode(node) == "product")
        inserted = put_in(self.authored)
        local = {
            t.number: (name, [x for x in t.formals if not self.roles.is_point(x)])
            for name, t in self.authored.templates.items() if self._is_local(name)
        }  # fmt: skip

        for s in self.statements:
            if s.sides and self.authored.is_slope(s.sides[0]):  # of the number z, too
                local[s.number] = "slope", s.sides[0].arguments  # type: ignore[attr-defined]

        def changed(s: Statement) -> Statement:
            roots = [split(mapped(root, inserted)) for root in s.roots]
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
        if self.authored.is_of_number(template):
            return True  # \sigma(z) = 1 / (1 + e^{-z}) says nothing of the vector z
        if letters & self.roles.differentiated and not self._is_used_on_others_only(name):
            return False
        below = list(nodes(template.body))
        inside = letters & {self.roles.spell(x) for x in below if isinstance(x, tree.Name)}
        entries = [x.base for x in below if isinstance(x, tree.Entry)]
        inside -= {self.roles.spell(x) for x in entries if isinstance(x, tree.Name)}
        for statement in (*self.statements, *self.assumptions):
            for root in statement.roots:
                for node in nodes(root):
                    if isinstance(node, tree.Apply) and self.authored.function_name(node) == name:
                        if node.arguments != template.formals:
                            return True
                    if statement.number != template.number and isinstance(node, tree.Entry):
                        base = node.base
                        if isinstance(base, tree.Name) and self.roles.spell(base) in inside:
                            return True
        return False

    def _is_used_on_others_only(self, name: str) -> bool:
        r"""Return whether a function is applied to others than its formal arguments alone.

        The \mu of ``\mathcal{N}(x \mid \mu, \Sigma) = ..`` is none of the \mu_k that it is
        applied to; the \theta of a J(\theta) that is differentiated is \theta.
        """
        template = self.authored.templates[name]
        formals = set(template.formals)
        applied = False
        for statement in (*self.statements, *self.assumptions):
            if statement.number == template.number:
                continue
            below = [n for root in statement.roots for n in nodes(root)]
            stems = {id(n.base) for n in below if isinstance(n, tree.Entry)}
            for node in below:
                if isinstance(node, tree.Apply) and self.authored.function_name(node) == name:
                    if node.arguments == template.formals:
                        return False
                    applied = True
                if node in formals and id(node) not in stems:
                    return False
                if isinstance(node, tree.Derivative | tree.Gradient):
                    whole = tree.stem(node.quantity, tree.Entry)
                    if isinstance(whole, tree.Apply | tree.Name) and name in self.names(whole):
                        return False
        return applied

    def _is_used(self, statement: Statement) -> bool:
        if any(key[0] == statement.number for key in self.definitions.by_side):
            return True
        return statement.is_inline and self._normalises(statement)

    def _normalises(self, statement: Statement) -> bool:
        r"""Return whether the prose says that an input of the displays sums to one."""
        if len(statement.sides) != 2 or statement.kinds != ("equality",):
            return False
        total, one = statement.sides
        if not isinstance(total, tree.Sum) or not isinstance(total.body, tree.Entry):
            return False
        if not isinstance(one, tree.Number) or one.text != "1":
            return False
        names = self.names(total.body)
        return names <= self.shown and not names & self.definitions.found.keys()

    def described(self) -> dict[str, str]:
        """Return by name what the prose calls symbols in words that are not read."""
        return {name: word for node, word in self._described for name in self.names(node)}

    def names(self, node: tree.Node) -> set[str]:
        """Return the names of all symbols below a node."""
        return names_in(node, self.roles, self.authored, frozenset())


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
