"""From a document to its claims: reading, meaning, and one entry for every equation."""

from __future__ import annotations

import re
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.author import Author
from proofs_checks.claims.claim import Claim, Paper, Problem
from proofs_checks.claims.document import Document
from proofs_checks.claims.documents import read_document
from proofs_checks.claims.equations import Equation, Unreadable
from proofs_checks.claims.meaning.definitions import names_in
from proofs_checks.claims.meaning.model import with_signs
from proofs_checks.claims.meaning.scopes import read_in_scope
from proofs_checks.claims.meaning.sections import read_in_sections
from proofs_checks.claims.meaning.statements import Link, MeaningError, Said, Statement
from proofs_checks.claims.meaning.vocabulary import Interpretation, interpret
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Problem as Found
from proofs_checks.claims.problems import ReadingError, Refusal, problem_at
from proofs_checks.claims.prose import HEADING
from proofs_checks.claims.sources.bundle import Bundle
from proofs_checks.claims.spoken import Spoken
from proofs_checks.claims.symbol_table import symbol_entries
from theory.models import Model, model_named

__all__ = ["DEFAULT_MODEL", "read_claims"]

DEFAULT_MODEL = "attention-head"
SPACE = " \t\r\n&"
LAYOUT = re.compile(r"\\\\|&|%|\\(?:label|tag|nonumber|notag)(?![A-Za-z])")  # after a step


def read_claims(
    data: bytes | str | Bundle, name: str = "-", *, model: str | None = None, kind: str = "auto"
) -> Paper:
    """Return the claims of a document; those of a `Bundle` know the file that they stand in.

    ``model`` forces a vocabulary, "none" the document's own symbols; None lets the document decide.

    Raises `ReadingError` for a document beyond the limits or one that asks for an unknown model,
    `ValueError` if ``model`` is unknown.
    """
    document = read_document(data, name, kind)
    asked = model or _directive(document, "model")
    base = _base(document, DEFAULT_MODEL if asked in (None, "none") else asked, model is None)
    statements = [
        _statement(n, item)
        for n, item in enumerate(document.equations)
        if isinstance(item, Equation)
    ]
    inline = [
        replace(_statement(INLINE + n, item), is_inline=True)
        for n, item in enumerate(document.inline)
    ]
    assumptions = [
        _statement(-1 - n, item)
        for n, item in enumerate(
            [*(e for d in document.directives for e in d.equations), *document.supposed]
        )
    ]
    said = Said(
        [*statements, *inline],
        assumptions=assumptions,
        inputs=[symbol for d in document.directives for symbol in d.symbols],
        stated=document.stated,
        described=document.described,
        cases=document.cases,
        broken=_broken(document),
        headings=[m.start() for m in HEADING.finditer(document.source.text)],
        summation="" if _directive(document, "summation") != "einstein" else "asked for",
    )
    found = interpret(said, base, forced=None if asked is None else asked != "none")
    read_in_scope(said, found.reading)
    read_in_sections(said, found.reading)
    claims = _claims(document, found)
    return Paper(
        name,
        tuple(claims),
        found.vocabulary,
        found.why,
        symbols=symbol_entries(document, found.reading),
        notes=(*_notes(data), *found.reading.notes),
    )


def _notes(data: bytes | str | Bundle) -> tuple[str, ...]:
    return data.notes if isinstance(data, Bundle) else ()


INLINE = 500_000  # numbers of statements from the prose


def _base(document: Document, name: str, is_directive: bool) -> Model:
    """Return the model whose vocabulary is asked for."""
    try:
        return model_named(name)
    except ValueError as error:
        if not is_directive:
            raise
        span = [d.span for d in document.directives if d.keyword == "model"][-1]
        raise ReadingError([problem_at(document.source, Refusal(str(error), span))]) from None


def _broken(document: Document) -> list[str]:
    """Return the names on the left of equations that cannot be read: nothing is known of them."""
    lefts = []
    for item in document.equations:
        if not isinstance(item, Unreadable):
            continue
        left = item.source.replace("&", " ").split("=")[0].rstrip(": ").removesuffix("\\equiv")
        alone = read_document(f"\\[ {left} = 0 \\]", "-", "tex", macros=document.macros).equations
        lefts += [e.sides[0] for e in alone if isinstance(e, Equation)]
    return sorted({name for left in lefts for name in _defined_name(left)})


def _defined_name(node: tree.Node) -> set[str]:
    """Return the name that a left side would define, if it could define one."""
    from proofs_checks.claims.meaning.authored import Authored
    from proofs_checks.claims.meaning.roles import Roles
    from proofs_checks.claims.meaning.spelling import Spelling

    if not isinstance(node, tree.Name | tree.Entry | tree.Apply):
        return set()
    statement = Statement(0, 0, (node,), (), False, node.span)
    roles = Roles([statement], Spelling([[node]]))
    authored = Authored([], roles, set())
    base = tree.stem(node, tree.Entry, tree.Apply)
    return names_in(base, roles, authored, frozenset()) | names_in(
        node, roles, authored, frozenset()
    )


def _directive(document: Document, keyword: str) -> str | None:
    values = [d.value for d in document.directives if d.keyword == keyword]
    return values[-1] if values else None


def _statement(number: int, item: Equation) -> Statement:
    kinds = tuple("backward" if r.backward else r.kind for r in item.relations)
    defines = bool(kinds) and kinds[0] == "definition"
    return Statement(
        number, item.display, item.sides, kinds, defines, item.span, item.conditions,
        is_premise=item.is_premise,
    )  # fmt: skip


def _claims(document: Document, found: Interpretation) -> list[Claim]:
    meanings = found.reading.meanings
    claims: list[Claim] = [_whole_document(document, problem) for problem in document.problems]
    author, spoken = Author(document, found.reading), Spoken(document, found.reading)
    chains = 0
    for n, item in enumerate(document.equations):
        if isinstance(item, Unreadable):
            claims.append(_unreadable(document, item))
            continue
        meaning = meanings[n]
        if meaning.error is not None:
            claims.append(_without_meaning(document, item, meaning.error, spoken))
            continue
        if meaning.skipped:
            file = document.source.file_of(item.span.start)
            claims.append(
                Claim(
                    "not judged", item.label, item.line, item.column, item.source,
                    notes=(meaning.skipped,), file=file,
                )
            )  # fmt: skip
            continue
        steps = [link for link in meaning.links if link.kind == "step"]
        chains += bool(steps)
        stretches = _stretches(document, item)
        for number, link in enumerate(meaning.links):
            place = 1 + steps.index(link) if link in steps else 0
            chain = chains if place else 0
            model = link.model or found.reading.model
            claim = _claim(document, item, link, model, chain, place)
            claim = replace(claim, hedge=spoken(claim.hedge))
            source = _source_of(document, item, stretches, number)
            written = None
            if link.model is None:  # a correction is read with the symbols of the document
                written = author.written(item, meaning.links, number, stretches)
            claims.append(replace(claim, source=source, written=written))
    for passed in document.passed:
        claims.append(
            Claim(
                "not judged", "", passed.line, passed.column, passed.source,
                notes=(passed.reason,), file=document.source.file_of(passed.span.start),
            )
        )  # fmt: skip
    hypotheses = [(d, item) for d in document.directives for item in d.equations]
    for n, (directive, item) in enumerate(hypotheses):
        refused = meanings[-1 - n].error
        if refused is not None:
            claims.append(_without_meaning(document, item, refused, spoken))
            continue
        line, column = directive.line, directive.column
        file = document.source.file_of(directive.span.start)
        claims.append(Claim("assumption", "", line, column, item.source, file=file))
    return sorted(claims, key=lambda claim: (_offset(document, claim), claim.step))


def _offset(document: Document, claim: Claim) -> int:
    return document.source.offset_of(claim.file, claim.line, claim.column)


def _claim(
    document: Document, item: Equation, link: Link, model: Model, chain: int, step: int
) -> Claim:
    start = link.span.start if step > 1 else item.span.start
    (line, column), file = document.source.place(start), document.source.file_of(start)
    order = document.source.text[slice(*link.order)] if link.order else ""
    model, relation = with_signs(model, link.relation, link.signs)
    return Claim(
        link.kind, item.label, line, column, item.source, model, relation, chain,
        step, order, notes=(*link.notes, *item.notes), axes=link.axes, hedge=link.hedge,
        undeclared=link.undeclared, of_inputs=link.of_inputs, cases=link.cases, file=file,
    )  # fmt: skip


def _stretches(document: Document, item: Equation) -> list[Span]:
    """Return the places of the sides of an equation, without what lays them out."""
    text, relations = document.source.text, item.relations
    found = [_trimmed(text, Span(item.span.start, relations[0].span.start))]
    if item.continues:
        found = [item.sides[0].span]
    for number, side in enumerate(item.sides[1:]):
        rest = relations[number + 1 :]
        end = rest[0].span.start if rest else item.span.end
        layout = LAYOUT.search(text, side.span.end, end)  # a side's span may lack its brackets
        start = relations[number].span.end
        found.append(_trimmed(text, Span(start, layout.start() if layout else end)))
    return found


def _trimmed(text: str, span: Span) -> Span:
    inside = text[slice(*span)]
    start = span.start + len(inside) - len(inside.lstrip(SPACE))
    return Span(start, max(start, span.end - len(inside) + len(inside.rstrip(SPACE))))


def _source_of(document: Document, item: Equation, stretches: list[Span], number: int) -> str:
    """Return the LaTeX of one ``=``: both its sides if it is the first, else ``= C``."""
    if len(item.relations) == 1:
        text = document.source.text
        left, sign, right = item.sides[0].span, item.relations[0].span, item.sides[1].span
        if "," in text[left.end : sign.start] + text[sign.end : right.start]:  # of two lists
            return " ".join(text[slice(*x)] for x in (left, sign, right))
        return item.source
    start = item.relations[number].span.start if number else item.span.start
    return document.source.text[start : stretches[number + 1].end]


def _unreadable(document: Document, item: Unreadable) -> Claim:
    first = item.problems[0]
    others = [p.message + (f" ({p.suggestion})" if p.suggestion else "") for p in item.problems[1:]]
    repair = (f"probably meant: {item.repair}",) if item.repair else ()
    label = item.labels[0] if item.labels else ""
    return Claim(
        "unreadable", label, item.line, item.column, item.source,
        problem=_problem(first), notes=(*others, *repair),
        file=document.source.file_of(item.span.start),
    )  # fmt: skip


def _without_meaning(
    document: Document, item: Equation, error: MeaningError, spoken: Spoken
) -> Claim:
    span = error.span if error.span.end > error.span.start else item.span
    message = str(error)
    if error.other is not None:
        message += f" The other place is {document.source.where(error.other.start)}."
    refusal = Refusal(
        spoken(message), span, expected=spoken(error.expected),
        suggestion=spoken(error.suggestion),
    )  # fmt: skip
    problem = _problem(problem_at(document.source, refusal))
    file = document.source.file_of(item.span.start)
    return Claim(
        "unreadable", item.label, item.line, item.column, item.source, problem=problem, file=file
    )


def _whole_document(document: Document, problem: Found) -> Claim:
    return Claim(
        "unreadable", "", problem.line, problem.column,
        document.source.text[slice(*problem.span)], problem=_problem(problem),
        file=document.source.file_of(problem.span.start),
    )  # fmt: skip


def _problem(found: Found) -> Problem:
    caret = f"{found.excerpt}\n{found.caret}"
    return Problem(found.line, found.column, found.message, found.expected, found.suggestion, caret)
