r"""Formulae of the prose: what they define, and the condition before a display.

    "where $p = \mathrm{softmax}(s)$"       an equation that displays may use
    "If $j \ne k$, then"  \[ ... \]         a condition of the display that follows

Prose may hold any notation: what cannot be read says nothing here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from proofs_checks.claims import tree
from proofs_checks.claims.equations import (
    Equation,
    Read,
    has_numbers,
    is_judged,
    read_statement,
    span_of,
)
from proofs_checks.claims.layout import statements
from proofs_checks.claims.lexemes import Lexeme, lexemes
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.macros import Macros, expand
from proofs_checks.claims.parser import parse_conditions
from proofs_checks.claims.places import Source, Span, View
from proofs_checks.claims.problems import Refusal, Refusals
from proofs_checks.claims.rows import is_equality, relations_in
from proofs_checks.claims.spaces import spaces_in
from proofs_checks.claims.tidy import tidy

__all__ = ["HEADING", "Prose"]

HEADING = re.compile(
    r"^[ ]{0,3}#{1,6}[ \t]|\\(?:chapter|(?:sub)*section|paragraph)\b|<h[1-6][\s>]", re.MULTILINE
)

MOST_INLINE = 2000  # formulae of the prose that are looked at
MOST_INLINE_CHARACTERS = 400
LEADS = re.compile(r"\b(?:[Ii]f|[Ww]hen|[Ff]or|[Ww]henever|[Cc]ase)\Z")
PARAGRAPH = r"\n\s*\n|\n\s*[*-]\s"
SENTENCE_END = re.compile(rf"[.;:!?](?=\s)|{PARAGRAPH}")
BEFORE_SENTENCE = re.compile(  # the end of the sentence before, or of a display
    r"[.;!?](?=\s)|[\N{IDEOGRAPHIC FULL STOP}\N{FULLWIDTH SEMICOLON}]|\$\$|\\end\{|\\\]|"
    + PARAGRAPH
)
LONGEST_SENTENCE = 300
LONGEST_COMPARISON = 60
UNEQUAL = re.compile(r"\\neq?\b|\\not\s*=|\N{NOT EQUAL TO}|!=")
REACH = 120  # characters of the sentence before a formula
CASE = re.compile(
    r"\b(?:if|when|whenever|unless|(?:in|for) (?:the|this|that|which) case)\b", re.IGNORECASE
)
POINT = re.compile(r"\b(?:at|along|near|around)\s*(?:\$[^$]*\$(?:,|\s|\band\b)*|\\\()?\$?\Z")
SUPPOSES = re.compile(
    r"\b(?:[Ll]et|[Aa]ssum(?:e|ing)(?: that)?|[Ss]uppose(?: that)?|[Gg]iven|[Ww]ith|[Ww]here)\Z"
)
SIGN = re.compile(
    r"(?:\\?[A-Za-z]+)(?:_\w|_\{\w+\})?\s*(?:>|<|\\geq?\b|\\leq?\b|\\gt\b|\\lt\b)\s*0"
)
IN = re.compile(r"\\in\b|\N{ELEMENT OF}")
AFTER_CONDITION = ("", "then", "we have", "we get", "then we have", "this gives", "it is")


@dataclass(frozen=True)
class Prose:
    """The text around displays; ``text`` is the source at a place, ``macros`` may still grow.

    ``inline`` are the places of its formulae, in the order of the document.
    """

    view: View
    source: Source
    macros: Macros
    limits: Limits
    text: Callable[[Span], str]

    def equations(self, inline: Sequence[tuple[int, int]]) -> tuple[Equation, ...]:
        """Return the equations among the formulae of the prose; others say nothing here.

        One that only says which case is spoken of ("if $n = 0$") is marked as a premise.
        """
        found: list[Equation] = []
        for start, end in inline[:MOST_INLINE]:
            if end - start > MOST_INLINE_CHARACTERS or "=" not in self.view.text[start:end]:
                continue
            before = SENTENCE_END.split(self.view.text[max(0, start - REACH) : start])[-1]
            for equation in self._statements(start, end, is_equality):
                if any(map(has_numbers, equation.sides)):
                    continue  # "say $z = (0.5, 0.2)$"
                values = equation.sides[1:]
                is_case = any(map(_is_constant, values)) or (
                    (CASE.search(before) or POINT.search(before)) is not None
                    and not any(isinstance(n, tree.Call) for x in values for n in tree.nodes(x))
                )
                found.append(replace(equation, is_premise=is_case))
        return tuple(found)

    def signs(self, inline: Sequence[tuple[int, int]]) -> tuple[Equation, ...]:
        """Return what sentences such as "Let $a > 0$" say about signs."""
        return tuple(
            equation
            for start, end in inline[:MOST_INLINE]
            if SIGN.fullmatch(self.view.text[start:end].strip("$()\\ "))
            and SUPPOSES.search(self.view.text[max(0, start - 24) : start].rstrip("$(\\ \t\n"))
            for equation in self._statements(start, end, is_judged)
            if not equation.conditions
        )

    def spaces(self, inline: Sequence[tuple[int, int]]) -> tuple[tree.Compare, ...]:
        r"""Return what formulae such as ``x, y \in \mathbb{R}^n`` say of shapes."""
        found: list[tree.Compare] = []
        for start, end in inline[:MOST_INLINE]:
            if end - start <= MOST_INLINE_CHARACTERS and IN.search(self.view.text, start, end):
                try:
                    nodes = parse_conditions(self.lexemes(start, end), self.limits)
                except (Refusal, Refusals):
                    continue
                found.extend(spaces_in(nodes))
        return tuple(found)

    def _statements(self, start: int, end: int, admits: Callable[[Lexeme], bool]) -> list[Equation]:
        r"""Return the statements of a formula with these relations alone.

        What cannot be read is passed over: prose may hold any notation, and go on from its own
        words ("the variance $= \sigma^2$").
        """
        found: list[Equation] = []
        try:
            for statement in statements(self.lexemes(start, end), "inline"):
                if not all(map(admits, relations_in(statement.lexemes))):
                    continue
                read = read_statement(statement, self.text, self.limits)
                if isinstance(read, Read) and len(read.sides) == len(read.relations) + 1 > 1:
                    span = span_of(statement.lexemes)
                    line, column = self.source.place(span.start)
                    found.append(
                        Equation(
                            read.sides, read.relations, read.conditions, self.text(span),
                            span, line, column, -2,
                        )
                    )  # fmt: skip
        except (Refusal, Refusals):
            return found
        return found

    def condition_before(
        self, inline: Sequence[tuple[int, int]], start: int
    ) -> tuple[tree.Node, ...]:
        """Return the condition on indices that the sentence before a display ends with."""
        before = [(a, b) for a, b in inline if b <= start]
        if not before:
            return ()
        first, last = before[-1]
        between = self.view.text[last:start].strip("$)\\ \t\r\n,:")
        lead = self.view.text[max(0, first - 24) : first].rstrip("$(\\ \t")
        alone = not between and (not lead or lead.endswith("\n"))
        if last - first > LONGEST_COMPARISON or not (
            alone or (between.lower() in AFTER_CONDITION and LEADS.search(lead))
        ):
            return ()
        return self._comparisons(first, last)

    def condition_of_sentence(
        self, inline: Sequence[tuple[int, int]], start: int, left: tree.Node
    ) -> tuple[tree.Node, ...]:
        r"""Return the case that the sentence before a display speaks of, in any language.

        Two letters that it compares, and that both stand on the left side, say which entries are
        meant: "Pour $k \ne i$ on a".
        """
        first = max(0, start - LONGEST_SENTENCE)
        last = first + len(self.view.text[first:start].rstrip())  # a blank line may follow
        ends = [m.end() for m in BEFORE_SENTENCE.finditer(self.view.text, first, last)]
        begin = max(ends, default=first)
        inside = _between(inline, begin, start)
        found = [nodes for a, b in inside if (nodes := self._comparisons(a, b))]
        return found[0] if len(found) == 1 and _speaks_of(left, found[0]) else ()

    def cases(self, inline: Sequence[tuple[int, int]]) -> tuple[tuple[int, frozenset[str]], ...]:
        r"""Return where the prose tells two letters apart, as in $i \ne j$, and which."""
        return tuple(
            (start, tree.letters(*nodes))
            for start, end in inline[:MOST_INLINE]
            if end - start < LONGEST_COMPARISON and UNEQUAL.search(self.view.text, start, end)
            and (nodes := self._comparisons(start, end))
        )  # fmt: skip

    def condition_of_section(
        self, inline: Sequence[tuple[int, int]], start: int, left: tree.Node
    ) -> tuple[tree.Node, ...]:
        r"""Return the condition in the heading above: "### When $i \ne j$".

        It is one of the equations of its section with both letters on their left side.
        """
        above = bisect_right(self._headings, start) - 1
        if above < 0:
            return ()
        place = self._headings[above]
        end = self.view.text.find("\n", place)
        inside = _between(inline, place, end)
        lead = self.view.text[place : inside[0][0]].rstrip("$(\\ \t") if inside else ""
        if len(inside) != 1 or not LEADS.search(lead):
            return ()
        nodes = self._comparisons(*inside[0])
        return nodes if _speaks_of(left, nodes) else ()

    @cached_property
    def _headings(self) -> list[int]:
        return [match.start() for match in HEADING.finditer(self.view.text)]

    def _comparisons(self, first: int, last: int) -> tuple[tree.Node, ...]:
        """Return what a formula compares, if it compares letters and nothing else."""
        try:
            nodes = parse_conditions(self.lexemes(first, last), self.limits)
        except (Refusal, Refusals):
            return ()
        return nodes if all(_compares_letters(node) for node in nodes) else ()

    def lexemes(self, start: int, end: int) -> list[Lexeme]:
        """Return the lexemes of a formula, with the author's macros replaced."""
        return tidy(expand(lexemes(self.view, start, end), self.macros, self.limits), self.limits)


def _between(inline: Sequence[tuple[int, int]], start: int, end: int) -> Sequence[tuple[int, int]]:
    """Return the formulae that begin in a stretch of the text."""
    return inline[bisect_left(inline, (start, 0)) : bisect_left(inline, (end, 0))]


def _speaks_of(side: tree.Node, compared: Sequence[tree.Node]) -> bool:
    """Return whether all that is compared stands on a side as well."""
    return tree.letters(*compared) <= tree.letters(side)


def _is_constant(node: tree.Node) -> bool:
    r"""Return whether a value is a number, zero, one or the identity: \Lambda_0 = I."""
    inside = [n for n in tree.nodes(node) if isinstance(n, tree.Number | tree.Name)]
    return (
        bool(inside)
        and not any(isinstance(n, tree.Call | tree.Apply) for n in tree.nodes(node))
        and all(isinstance(n, tree.Number) or n.letter in ("0", "1", "I") for n in inside)
    )


def _compares_letters(node: tree.Node) -> bool:
    return isinstance(node, tree.Compare) and all(
        isinstance(side, tree.Name) and len(side.letter) == 1 for side in (node.left, node.right)
    )
