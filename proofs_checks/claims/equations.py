r"""Equations as trees: the sides of a chain, the relations between them, the conditions.

``A = B`` has two sides; ``A = B = C`` has three and two relations, each a step.  ``A := B`` is a
definition, and so is ``A =: B``, which defines its right side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from proofs_checks.claims import tree
from proofs_checks.claims.beside import names_case
from proofs_checks.claims.layout import Statement
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.parser import parse_conditions, parse_formula
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Problem, Refusal, Refusals
from proofs_checks.claims.rows import DOTS, is_equality, relations_in

__all__ = [
    "Equation",
    "Passed",
    "Relation",
    "Unreadable",
    "divided",
    "has_numbers",
    "is_judged",
    "read_statement",
    "span_of",
]


@dataclass(frozen=True, slots=True)
class Relation:
    """What stands between two sides: ``kind`` is "equality" or "definition".

    ``backward`` for ``=:``, which defines the side on its right.
    """

    kind: str
    span: Span
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    r"""One equation or chain of a document.

    | field | meaning |
    |---|---|
    | sides | the expressions, one more than there are relations |
    | relations | equality or definition, between neighbouring sides |
    | conditions | `tree.Compare`, `tree.ForAll` and `tree.Ranges` beside the equation |
    | source | the LaTeX as written |
    | span, line, column | its place; line and column count from 1 |
    | display | number of the display it stands in, from 0: one display shares its definitions |
    | labels, tag | every ``\label`` (and ``proofhead: label``) and the ``\tag`` |
    | notes | how doubtful notation was taken, in words |
    | continues | its first side is the last one of the display before |
    | is_premise | an implication follows it |
    """

    sides: tuple[tree.Node, ...]
    relations: tuple[Relation, ...]
    conditions: tuple[tree.Node, ...]
    source: str
    span: Span
    line: int
    column: int
    display: int
    labels: tuple[str, ...] = ()
    tag: str = ""
    notes: tuple[str, ...] = ()
    continues: bool = False
    is_premise: bool = False

    @property
    def label(self) -> str:
        """The first label, or the empty text."""
        return self.labels[0] if self.labels else ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An equation that is not in the language; ``problems`` says where and why.

    ``repair`` is the whole LaTeX as it probably was, where a page has damaged it; it is a
    suggestion to the author and is never judged.
    """

    problems: tuple[Problem, ...]
    source: str
    span: Span
    line: int
    column: int
    display: int
    labels: tuple[str, ...] = ()
    repair: str = ""

    @property
    def label(self) -> str:
        """The first label, or the empty text."""
        return self.labels[0] if self.labels else ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A display that holds no equality, so nothing to judge; ``reason`` says what it is."""

    source: str
    span: Span
    line: int
    column: int
    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """A statement as trees, before it knows its place in the document."""

    sides: tuple[tree.Node, ...]
    relations: tuple[Relation, ...]
    conditions: tuple[tree.Node, ...]
    notes: tuple[str, ...]


def span_of(lexemes: list[Lexeme]) -> Span:
    """Return the span that covers the lexemes."""
    starts, ends = zip(*(lexeme.span for lexeme in lexemes), strict=True)
    return Span(min(starts), max(ends))


def read_statement(
    statement: Statement, text: Callable[[Span], str], limits: Limits
) -> Read | list[Refusal]:
    """Return the trees of a statement, or every place at which it cannot be read.

    ``text`` gives the source of a span, for notes.
    """
    refusals: list[Refusal] = [statement.refusal] if statement.refusal else []
    if refusals:
        return refusals
    relations = list(relations_in(statement.lexemes))
    sides: list[tree.Node] = []
    for n, (lexemes, after) in enumerate(_cut(statement.lexemes, relations)):
        if n == 0 and statement.continues:
            continue
        try:
            if not lexemes:
                raise Refusal("a side of this relation is empty", after, expected="an expression")
            sides.append(parse_formula(lexemes, limits))
        except Refusal as refusal:
            refusals.append(refusal)
        except Refusals as several:
            refusals.extend(several.refusals)
    conditions: list[tree.Node] = []
    for condition in statement.conditions:
        try:
            conditions.extend(_condition(condition, limits))
        except Refusal as refusal:
            refusals.append(refusal)
        except Refusals as several:
            refusals.extend(several.refusals)
    if refusals:
        return refusals
    first = 0 if not statement.continues else -1
    for n in reversed(range(len(relations))):  # A = B \\in S says in what space B lies
        if relations[n].command("in"):
            left, space = sides[n + first], sides.pop(n + first + 1)
            conditions.append(tree.Compare(left, "in", space, span=left.span.to(space.span)))
            del relations[n]
    if not relations and sides:
        return Read((sides[0],), (), tuple(conditions), ())
    lists = _without_lists(sides, relations, first)
    notes = tuple(note for side in sides for note in _notes(side, text))
    notes += tuple(f"what `{text(x.span)}` lists is not judged" for x in lists)
    remarks = (text(span_of(remark)) for remark in statement.remarks)
    notes += tuple(f"`{remark}` was taken as a remark" for remark in remarks)
    return Read(tuple(sides), tuple(map(_relation, relations)), tuple(conditions), notes)


def _without_lists(sides: list[tree.Node], relations: list[Lexeme], first: int) -> list[tree.Node]:
    r"""Take the lists out of a chain, as in ``p = f(x) = \{p_1, \dots, p_n\}``; return them.

    A list only says how the entries are called, or which numbers they are in an example; the rest
    of the chain says something without it.
    """
    lists: list[tree.Node] = []
    if isinstance(sides[0], tree.Tuple | tree.SetOf):
        return lists
    for n in reversed(range(1, len(sides))):
        is_list = isinstance(sides[n], tree.Tuple | tree.SetOf) or has_numbers(sides[n])
        if not is_list or len(sides) < 3:
            continue
        before = n - 1 - first
        beside = relations[before : before + 2]
        if all(map(is_equality, beside)):
            lists.append(sides.pop(n))
            del relations[before + len(beside) - 1]
    return lists[::-1]


NUMERIC = (tree.Number, tree.Negate, tree.Quotient)


def has_numbers(side: tree.Node) -> bool:
    """Return whether a matrix or a list of numbers alone is written out below a node."""
    return any(
        isinstance(x, tree.Matrix | tree.Tuple)
        and len(tree.nodes(x)) > 2
        and all(isinstance(n, NUMERIC) for n in tree.nodes(x)[1:])
        for x in tree.nodes(side)
    )


def _relation(lexeme: Lexeme) -> Relation:
    kind = ORDERS.get(lexeme.text) or ("equality" if lexeme.sign("=") else "definition")
    return Relation(kind, lexeme.span, lexeme.text in {"=:", "eqqcolon"})


ORDERS = {"<": "lt", "lt": "lt", "le": "le", "leq": "le", "leqslant": "le", ">": "gt", "gt": "gt",
          "ge": "ge", "geq": "ge", "geqslant": "ge"}  # fmt: skip
"""The kinds of inequalities."""


IMPLICATIONS = ("implies", "Rightarrow", "Longrightarrow", "iff", "Leftrightarrow", "rightarrow",
                "longrightarrow", "to")  # fmt: skip


def is_judged(lexeme: Lexeme) -> bool:
    """Tell whether a relation makes a statement: an equality, a definition, an inequality."""
    return is_equality(lexeme) or lexeme.text in ORDERS


def divided(statement: Statement) -> list[Statement]:
    """Return a statement in pieces, cut at relations that are not judged, such as an approximation.

    A piece without a relation says nothing by itself.
    """
    relations = [
        x for x in relations_in(statement.lexemes) if not is_judged(x) and not x.command("in")
    ]
    if statement.refusal is not None or not relations:
        return [statement]
    if any(x.command(*IMPLICATIONS) for x in relations):  # "i \neq j" is what it holds under
        relations = [x for x in relations if not x.command("ne", "neq")]
    pieces: list[Statement] = []
    unread, bounds = "", []  # what an implication holds under: x \ne 0, x > 0, i = j
    parts = _cut(statement.lexemes, relations)
    for n, (lexemes, place) in enumerate(parts):
        sign = relations[n - 1] if n else None
        is_implied = sign is not None and sign.command(*IMPLICATIONS)
        if not is_implied:
            unread, bounds = "" if sign is None else sign.text, []
        elif lexemes and bounds:
            pieces.pop()  # it is a condition, and says nothing by itself
        elif pieces:
            pieces[-1].is_premise = True
        if not lexemes:
            continue
        conditions = [*statement.conditions, *bounds]
        piece = replace(statement, lexemes=lexemes, conditions=conditions)
        if unread and is_implied:
            message = f"this holds where the relation `\\{unread}` before it does"
            piece.refusal = Refusal(message, place)
        pieces.append(piece)
        orders = list(relations_in(lexemes))
        is_case = n + 1 < len(parts) and names_case(lexemes, parts[n + 1][0])
        bounds = [lexemes] if orders and (is_case or not any(map(is_equality, orders))) else []
    return pieces


def _cut(lexemes: list[Lexeme], relations: list[Lexeme]) -> list[tuple[list[Lexeme], Span]]:
    """Return the stretches between the relations, each with the span of a relation beside it."""
    places = {id(relation) for relation in relations}
    parts: list[tuple[list[Lexeme], Span]] = [([], relations[0].span)]
    for lexeme in lexemes:
        if id(lexeme) in places:
            parts.append(([], lexeme.span))
        else:
            parts[-1][0].append(lexeme)
    return parts


def _condition(found: list[Lexeme], limits: Limits) -> list[tree.Node]:
    """Read a remark beside an equation."""
    span = span_of(found)
    if found[0].kind == "text" and found[0].text == "otherwise":
        return [tree.Otherwise(span=span)]
    is_quantified = found[0].command("forall")
    if is_quantified:
        found = found[1:]
        if not found:
            raise Refusal("nothing stands after this sign", span, expected="an index")
    dots = next((i for i, lexeme in enumerate(found) if lexeme.command(*DOTS)), None)
    if dots is not None:
        return [_range(found, dots, span, limits)]
    nodes = parse_conditions(found, limits)
    names = tuple(node for node in nodes if not isinstance(node, tree.Compare))
    compared = [node for node in nodes if isinstance(node, tree.Compare)]
    if is_quantified:  # "for all x \in \mathbb{R}^n"
        lefts = (node.left for node in compared if node.relation == "in")
        names += tuple(node for node in lefts if isinstance(node, tree.Name))
    if names and compared:
        # "\forall i, j \neq k" quantifies i and j; the comparison alone says what matters.
        return [tree.ForAll(_names(names), span=span), *compared]
    return [tree.ForAll(_names(names), span=span)] if names else list(compared)


def _range(found: list[Lexeme], dots: int, span: Span, limits: Limits) -> tree.Node:
    r"""Read ``i, j = 1, \dots, n`` and ``i \in \{1, \dots, n\}``."""
    equal = next(
        (i for i, lexeme in enumerate(found) if lexeme.sign("=") or lexeme.command("in")), None
    )
    if equal is None or not 0 < equal < dots:
        raise Refusal("these dots are not read", found[dots].span, expected="`i = 1, \\dots, n`")
    before = [x for x in found[equal + 1 : dots] if not x.command("{")]
    after = [x for x in found[dots + 1 :] if not (x.sign(",") or x.command("}"))]
    comma = next((i for i, lexeme in enumerate(before) if lexeme.sign(",")), len(before))
    if not before[:comma] or not after:
        raise Refusal("an end of this range is missing", span, expected="`i = 1, \\dots, n`")
    names = parse_conditions(found[:equal], limits)
    first, last = parse_formula(before[:comma], limits), parse_formula(after, limits)
    return tree.Ranges(_names(names), first, last, span=span)


def _names(nodes: tuple[tree.Node, ...]) -> tuple[tree.Node, ...]:
    names: list[tree.Node] = []
    for node in nodes:
        parts = node.factors if isinstance(node, tree.Product) and not node.operator else (node,)
        for part in parts:
            if not isinstance(part, tree.Name):
                raise Refusal(
                    "this remark beside an equation is not read",
                    node.span,
                    expected="indices, or relations between them",
                    suggestion="put it into `\\text{...}` if it says nothing about the equation",
                )
            names.append(part)
    return tuple(names)


def _notes(side: tree.Node, text: Callable[[Span], str]) -> list[str]:
    """Say how notation with two readings was taken."""
    notes = []
    for node in tree.nodes(side):
        if isinstance(node, tree.Call) and node.bare:
            argument = node.arguments[0]
            if isinstance(argument, tree.Product | tree.Quotient):
                notes.append(
                    f"`{text(node.span)}` was read as the {node.function} of "
                    f"`{text(argument.span)}`; brackets would settle it"
                )
    return notes[:8]
