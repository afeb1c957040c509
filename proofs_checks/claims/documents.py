r"""Reads a document: text to displayed equations, each a tree or the reason why it is none.

`read_document` is total: any text or bytes end in a `Document` or, when they pass a limit of
the whole, in a `ReadingError`.  An equation that cannot be read does not stop the others.
"""

from __future__ import annotations

import time
from typing import TypeGuard

from proofs_checks.claims import tree
from proofs_checks.claims.damage import damaged_displays, losses, refusals, repaired
from proofs_checks.claims.described import (
    in_other_words,
    named_below_braces,
    sums_to_one,
    symmetric,
)
from proofs_checks.claims.directives import Directive, read_directive
from proofs_checks.claims.displays import Display, Finder, RawDirective
from proofs_checks.claims.document import KINDS, Document, kind_of
from proofs_checks.claims.equations import (
    Equation,
    Passed,
    Read,
    Unreadable,
    divided,
    is_judged,
    read_statement,
    span_of,
)
from proofs_checks.claims.labels import in_order
from proofs_checks.claims.layout import Statement, statements
from proofs_checks.claims.lexemes import Lexeme, lexemes
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.macros import Macros, expand, standard_macros, take_definitions
from proofs_checks.claims.markdown_escapes import without_escapes
from proofs_checks.claims.parser import parse_conditions
from proofs_checks.claims.places import Source, Span, View, decode
from proofs_checks.claims.problems import Problem, ReadingError, Refusal, Refusals, problem_at
from proofs_checks.claims.prose import Prose
from proofs_checks.claims.rows import relations_in
from proofs_checks.claims.sources.bundle import Bundle
from proofs_checks.claims.spaces import kind_of_numbers, spaces_in
from proofs_checks.claims.tidy import tidy

__all__ = ["read_document"]


def read_document(
    data: bytes | str | Bundle,
    name: str = "-",
    kind: str = "auto",
    *,
    limits: Limits | None = None,
    macros: Macros | None = None,
) -> Document:
    """Return the equations and directives of a document.

    A `Bundle` brings its own name, kind and places.  ``kind`` is "tex", "md", "txt", "html" or
    "auto" (see `kind_of`); ``macros`` are commands that are known from elsewhere.

    Raises:
        ReadingError: the document is larger than ``limits.document_bytes`` or holds more than
            ``limits.equations`` equations.
        ValueError: ``kind`` is none of the above.
    """
    limits = limits or Limits()
    if kind not in (*KINDS, "auto"):
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)} or auto; got {kind!r}.")
    size = _size_of(data)
    if size > limits.document_bytes:
        raise ReadingError([_too_large(name, size, limits)])
    if isinstance(data, Bundle):
        source, kind, undecoded = data.source, data.kind, None
    else:
        text, undecoded = decode(data) if isinstance(data, bytes) else (data, None)
        source = Source(name, text)
        kind = kind_of(name, text) if kind == "auto" else kind
    reader = _Reader(source, kind, limits)
    reader.macros.update(macros or {})
    if undecoded is not None:
        message = "these bytes are not UTF-8; they were replaced"
        reader.problem(Refusal(message, Span(undecoded, undecoded + 1), suggestion="save as UTF-8"))
    for refusal in data.refusals if isinstance(data, Bundle) else ():
        reader.problem(refusal)
    return reader.read()


def _size_of(data: bytes | str | Bundle) -> int:
    if isinstance(data, Bundle):
        return data.size
    return len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))


def _too_large(name: str, size: int, limits: Limits) -> Problem:
    message = f"the document has {size} bytes; at most {limits.document_bytes} are read"
    return Problem(message, name, 1, 1, Span(0, 0), "", "^", suggestion="split the document")


class _Reader:
    def __init__(self, source: Source, kind: str, limits: Limits) -> None:
        self.source, self.kind, self.limits = source, kind, limits
        self.view = (
            _page_view(source.text)
            if kind == "html"
            else View(without_escapes(source.text), is_markdown=True)
            if kind == "md"
            else View(source.text)
        )
        self.macros: Macros = dict(standard_macros())
        self.deadline = time.monotonic() + limits.seconds
        self.prose = Prose(self.view, source, self.macros, limits, self._text)
        self.count = 0
        self.items: list[tuple[int, Equation | Unreadable]] = []  # start of its display, item
        self.passed: list[Passed] = []
        self.stated: list[tree.Compare] = []
        self.directives: list[Directive] = []
        self.problems: list[Problem] = []

    def read(self) -> Document:
        finder = self.finder = Finder(self.view, self.kind, self.macros)
        displays: list[Display] = []
        for found in finder.find():
            if isinstance(found, RawDirective):
                self._directive(found)
            else:
                displays.append(found)
                self._display(found)
        if self.kind != "tex":
            for start, end in damaged_displays(self.view, finder.occupied):
                displays.append(Display("[", start, end, ((start, end),)))
                self._damaged(start, end, displayed=False)
        places = {d.start: self.view.span(d.start, d.end) for d in displays}
        equations, unused = in_order(self.items, places, self.directives)
        for refusal in unused:
            self.problem(refusal)
        return Document(
            self.source.name,
            self.kind,
            self.source,
            tuple(equations),
            tuple(self.directives),
            tuple(self.passed),
            (*self.prose.spaces(finder.inline), *self.stated),
            (
                *self.prose.equations(finder.inline),
                *sums_to_one(self.prose, finder.inline),
                *named_below_braces(self.prose),
            ),
            (*self.prose.signs(finder.inline), *symmetric(self.prose, finder.inline)),
            tuple(in_other_words(self.prose, finder.inline)),
            self.prose.cases(finder.inline),
            tuple(self.problems),
            self.macros,
        )

    def problem(self, refusal: Refusal) -> None:
        """Note something that concerns no equation."""
        if len(self.problems) < 10 * self.limits.problems:
            self.problems.append(problem_at(self.source, refusal))

    # -- displays ---------------------------------------------------------------------------

    def _display(self, display: Display) -> None:
        whole = self.view.span(display.start, display.end)
        if not display.closed:
            opening = self.view.text[display.start : display.pieces[0][0]]
            mark = self.view.span(display.start, display.pieces[0][0])
            refusal = Refusal(f"`{opening.strip()}` is never closed", mark)
            self._unreadable([refusal], whole, display.start)
            return
        try:
            self._check_size(display, whole)
            if self._damaged(display.start, display.end, display=display):
                return
            found = self._statements(display)
        except Refusal as refusal:
            self._unreadable([refusal], whole, display.start)
            return
        if not found:
            self._pass("no relation", whole)
        for whole_statement in found:
            for statement in divided(whole_statement):
                self._statement(statement, display.start)

    def _check_size(self, display: Display, whole: Span) -> None:
        length = sum(end - start for start, end in display.pieces)
        if length > self.limits.equation_characters:
            raise Refusal(
                f"the display has {length} characters; at most "
                f"{self.limits.equation_characters} are read",
                Span(whole.start, whole.start + 1),
                suggestion="split it",
            )
        if time.monotonic() > self.deadline:
            raise Refusal(
                f"reading took longer than {self.limits.seconds:g} s; this display was not read",
                Span(whole.start, whole.start + 1),
                suggestion="split the document",
            )

    def _statements(self, display: Display) -> list[Statement]:
        found: list[Lexeme] = []
        for start, end in display.pieces:
            for first, last in take_definitions(self.view, start, end, self.macros):
                found.extend(lexemes(self.view, first, last))
        if len(found) > self.limits.equation_lexemes:
            raise Refusal(
                f"the display has {len(found)} symbols; at most "
                f"{self.limits.equation_lexemes} are read",
                found[0].span,
                suggestion="split it",
            )
        return statements(
            tidy(expand(found, self.macros, self.limits), self.limits), display.environment
        )

    def _statement(self, statement: Statement, start: int) -> None:
        span = span_of(statement.lexemes)
        relations = list(relations_in(statement.lexemes))
        if statement.refusal is None and not any(map(is_judged, relations)):
            self._say(statement, relations, span)
            return
        read = read_statement(statement, self._text, self.limits)
        labels = tuple(statement.labels)
        if isinstance(read, list):
            self._unreadable(read, span, start, labels)
            return
        self._counted(span)
        self.stated.extend(x for x in spaces_in(read.conditions) if kind_of_numbers(x.right))
        line, column = self.source.place(span.start)
        sides = read.sides
        last = self.items[-1][1] if self.items else None
        first = sides[0]
        if statement.continues and isinstance(last, Equation):
            first = next((e for _, e in reversed(self.items) if _begins(e)), last).sides[0]
        case, notes = self._case(read, start, first)
        if statement.continues:
            if not isinstance(last, Equation):
                self.count -= 1
                what = "goes on from an equation that cannot be read" if last else (
                    "has nothing on the left of its first relation")  # fmt: skip
                self._unreadable([Refusal(f"this {what}", relations[0].span)], span, start, labels)
                return
            # a case of its own starts where the other cases did
            sides = (first if case else last.sides[-1], *sides)
        equation = Equation(
            sides, read.relations, (*read.conditions, *case), self._text(span),
            span, line, column, 0, labels, statement.tag, (*read.notes, *notes),
            statement.continues, statement.is_premise,
        )  # fmt: skip
        self.items.append((start, equation))

    def _case(
        self, read: Read, start: int, left: tree.Node
    ) -> tuple[tuple[tree.Node, ...], tuple[str, ...]]:
        """Return the case of which the text around an equation speaks, and what to say of it."""
        inline = self.finder.inline
        found = self.prose.condition_before(inline, start)
        if found:
            return found, ()
        where = "heading above"
        found = self.prose.condition_of_section(inline, start, left)
        if not found and not any(isinstance(x, tree.Compare) for x in read.conditions):
            where = "sentence before"
            found = self.prose.condition_of_sentence(inline, start, left)
        said = (f"for `{self._text(x.span)}` only, as the {where} says" for x in found)
        return found, tuple(said)

    def _say(self, statement: Statement, relations: list[Lexeme], span: Span) -> None:
        """Take what holds no equality: the space of a symbol, or nothing that is judged."""
        if not relations:
            self._pass("an expression without a relation", span)
            return
        self._pass(f"no equality but `{self._text(relations[0].span)}`", span)
        read = read_statement(statement, self._text, self.limits)
        if isinstance(read, Read):
            self.stated.extend(spaces_in(read.conditions))

    def _damaged(
        self, start: int, end: int, *, display: Display | None = None, displayed: bool = True
    ) -> bool:
        """Report the losses of a display; tell whether there were any."""
        pieces = display.pieces if display else ((start, end),)
        found = [
            loss
            for first, last in pieces
            for loss in losses(self.view, first, last, displayed=displayed)
        ]
        if not found:
            return False
        repair = repaired(self.view, start, end, found)
        self._unreadable(
            list(refusals(self.view, found)), self.view.span(start, end), start, repair=repair
        )
        return True

    def _unreadable(
        self,
        found: list[Refusal],
        span: Span,
        start: int,
        labels: tuple[str, ...] = (),
        repair: str = "",
    ) -> None:
        self._counted(span)
        line, column = self.source.place(span.start)
        problems = tuple(problem_at(self.source, r) for r in found[: self.limits.problems])
        item = Unreadable(problems, self._text(span), span, line, column, 0, labels, repair)
        self.items.append((start, item))

    def _pass(self, reason: str, span: Span) -> None:
        line, column = self.source.place(span.start)
        self.passed.append(Passed(self._text(span), span, line, column, reason))

    def _counted(self, span: Span) -> None:
        self.count += 1
        if self.count > self.limits.equations:
            message = f"the document has more than {self.limits.equations} equations"
            refusal = Refusal(message, Span(span.start, span.start + 1), suggestion="split it")
            raise ReadingError([problem_at(self.source, refusal)])

    def _text(self, span: Span) -> str:
        return self.source.text[span.start : span.end]

    # -- directives -------------------------------------------------------------------------

    def _directive(self, raw: RawDirective) -> None:
        try:
            self.directives.append(
                read_directive(
                    self.view,
                    raw.start,
                    raw.end,
                    self.source.place,
                    self._equations,
                    self._formulae,
                )
            )
        except Refusal as refusal:
            self.problem(refusal)
        except Refusals as several:
            for refusal in several.refusals:
                self.problem(refusal)

    def _inline(self, start: int, end: int) -> list[Lexeme]:
        """Return the lexemes of a directive's value, with or without dollar signs around it."""
        text = self.view.text[start:end]
        if len(text) > 1 and text.startswith("$") and text.endswith("$"):
            width = 2 if text.startswith("$$") and text.endswith("$$") and len(text) > 3 else 1
            start, end = start + width, end - width
        found = expand(lexemes(self.view, start, end), self.macros, self.limits)
        return tidy(found, self.limits)

    def _equations(self, start: int, end: int) -> list[Equation]:
        equations = []
        for statement in statements(self._inline(start, end), "directive"):
            if not any(map(is_judged, relations_in(statement.lexemes))):
                continue
            read = read_statement(statement, self._text, self.limits)
            if isinstance(read, list):
                raise Refusals(read)
            span = span_of(statement.lexemes)
            line, column = self.source.place(span.start)
            equations.append(
                Equation(
                    read.sides, read.relations, read.conditions, self._text(span), span, line,
                    column, -1, (), "", read.notes,
                )
            )  # fmt: skip
        return equations

    def _formulae(self, start: int, end: int) -> tuple[tree.Node, ...]:
        return parse_conditions(self._inline(start, end), self.limits)


def _begins(item: Equation | Unreadable) -> TypeGuard[Equation]:
    return isinstance(item, Equation) and not item.continues


def _page_view(html: str) -> View:
    # only a web page needs the table of entities, so that LaTeX is read without loading it
    from proofs_checks.claims.webpages import page_view

    return page_view(html)
