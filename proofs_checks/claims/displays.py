r"""Finds the displayed equations and the directives of a document; everything else is skipped.

Displays are ``\[..\]``, ``$$..$$``, the display environments of LaTeX and amsmath, and
`````math`` fences of Markdown.  Skipped are comments, verbatim text and code, inline mathematics
and macro definitions (which are kept for expansion).  One pass, linear in the document: a search
for an end stops at the next beginning.

A directive is a comment ``% proofhead: ...``, or ``<!-- proofhead: ... -->`` in Markdown and HTML.
In Markdown, plain text and HTML a ``%`` in prose is a percent sign, so there the comment must
begin its line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proofs_checks.claims.code import Code
from proofs_checks.claims.macros import DEFINERS, Macros, define, take_definitions
from proofs_checks.claims.places import View

__all__ = ["Display", "Finder", "RawDirective"]

ENVIRONMENTS = frozenset(
    "equation align alignat flalign xalignat gather multline eqnarray displaymath dmath dgroup "
    "IEEEeqnarray empheq".split()
)
_VERBATIM = frozenset(
    "verbatim Verbatim lstlisting minted comment filecontents tikzpicture alltt".split()
)
_DIRECTIVE = re.compile(r"%+[ \t]*proofhead:[ \t]*([^\n\r]*)")
_BLANK_LINE = re.compile(r"\n[ \t]*(?:>[ \t]*)*\r?\n|\r[ \t]*\r")
_INSIDE = re.compile(
    r"\\begin\s*\{\s*(?P<begin>[A-Za-z]+\*?)\s*\}|\\end\s*\{\s*(?P<end>[A-Za-z]+\*?)\s*\}"
    r"|(?P<command>\\(?:[A-Za-z]+|.))|%[^\n\r]*|(?P<dollars>\$+)|(?P<blank>\n[ \t]*\r?\n)",
    re.DOTALL,
)
# In the prose of a page a percent sign begins no comment.
_INLINE = re.compile(r"\\.|(?P<dollars>\$+)|(?P<blank>\n[ \t]*\r?\n)", re.DOTALL)
# "$$" alone on its line, perhaps quoted; a run of words that no backslash precedes.
_ALONE = re.compile(r"[ \t]*(?:>[ \t]*)*\$\$[ \t]*(?=[\r\n]|\Z)")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}(?![A-Za-z{}])")
_TEX = re.compile(r"\\begin\s*\{\s*[A-Za-z]+\*?\s*\}|\\(?:[A-Za-z]+|.)|\$\$?|%", re.DOTALL)
_PAGE = re.compile(
    r"\\begin\s*\{\s*[A-Za-z]+\*?\s*\}|\\\\[(\[]|\\(?:[A-Za-z]+|.)|\$+"
    r"|^[ \t]*%+[ \t]*proofhead:[^\n\r]*|<!--",
    re.DOTALL | re.MULTILINE,
)
_SCRIPT = r"<script\b[^>\n]*\bmath/tex\b[^>\n]*>"
_MARKDOWN = re.compile(
    _PAGE.pattern + rf"|^[ \t]*(?:>[ \t]*)*(?:`{{3,}}|~{{3,}})[^\n\r]*|`+|{_SCRIPT}", _PAGE.flags
)
_OF_JEKYLL = re.compile(rf"\A---[ \t]*\r?\n|{_SCRIPT}")
_SINGLE_DOLLAR = re.compile(r"(?<![\\$])\$(?!\$)")
_TWO_DOLLARS = re.compile(r"\$\$[^$\n]+\$\$")
_WORDS = re.compile(r"[^\W\d_]")
_QUOTE = re.compile(r"(?m)^[ \t]*(?:>[ \t]*)+")
_LOOKS_MATHEMATICAL = re.compile(r"(?s)(?=.*[=≔≡])(?=.*(?:\\[A-Za-z]|[_^]))")


def _is_kramdown(text: str) -> bool:
    r"""Tell whether two dollars mark what stands between words; ``\text{$x$}`` is no exception."""
    single = len(_SINGLE_DOLLAR.findall(text))
    return not single or 8 * single < len(_TWO_DOLLARS.findall(text))


@dataclass(frozen=True, slots=True)
class Display:
    """One display: its environment and the pieces of the view that lie inside.

    ``closed`` is False when the end is missing; then ``pieces`` is only what was taken for it.
    ``start`` and ``end`` bound the display with its delimiters, in the view.
    """

    environment: str
    start: int
    end: int
    pieces: tuple[tuple[int, int], ...]
    closed: bool = True


@dataclass(frozen=True, slots=True)
class RawDirective:
    """What follows ``proofhead:``, as the characters start..end of the view."""

    start: int
    end: int


# What stands at a mark, and where to go on.
_Found = tuple[Sequence[Display | RawDirective], int]


class Finder:
    """One pass over a view; ``occupied`` afterwards lists what was found or skipped."""

    def __init__(self, view: View, kind: str, macros: Macros) -> None:
        """Prepare to read ``view``; definitions met on the way are entered into ``macros``."""
        self.view, self.kind, self.macros = view, kind, macros
        self.text = view.text
        self.occupied: list[tuple[int, int]] = []
        self.inline: list[tuple[int, int]] = []  # formulae of the prose
        # kramdown, of Jekyll's pages, marks a formula between words as it marks a display
        is_page = kind == "md" and _OF_JEKYLL.search(view.text) is not None
        self._is_kramdown = is_page and _is_kramdown(view.text)
        self._unread_definitions = 0
        self._absent: set[str] = set()
        self._code = Code(view.text, self._paragraph_end)
        self._blank_lines = [match.start() for match in _BLANK_LINE.finditer(view.text)]

    def find(self) -> Iterator[Display | RawDirective]:
        """Yield displays and directives in the order of the document."""
        pattern = {"tex": _TEX, "md": _MARKDOWN}.get(self.kind, _PAGE)
        position = 0
        while match := pattern.search(self.text, position):
            found, position = self._at(match)
            for item in found:
                if isinstance(item, Display):
                    yield from self._directives(item.start, item.end)
                yield item
            if position > match.end() or found:
                self.occupied.append((match.start(), position))

    def _at(self, match: re.Match[str]) -> _Found:
        """Return what stands at a match, and where to go on."""
        mark, start, after = match[0], match.start(), match.end()
        if mark.startswith("\\begin") and mark.endswith("}"):
            name = mark[mark.index("{") + 1 : -1].strip()
            return self._environment(name, start, after)
        if mark == r"\[":
            return self._bracketed(start, after, r"\[", r"\]")
        if mark == r"\\[" and self.kind != "tex":
            return self._bracketed(start, after, r"\\[", r"\\]")
        if mark in {r"\(", r"\\("}:
            closing = r"\)" if mark == r"\(" else r"\\)"
            stop = self._skip_to(closing, after)
            if stop > after:
                self._in_prose(after, stop - len(closing))
            return [], stop
        if mark.startswith("$"):
            return self._dollars(mark, start, after)
        if mark.startswith("<script"):
            return self._script(mark, start, after)
        if mark == "<!--":
            return self._html_comment(after)
        if mark.startswith("`") or mark.lstrip(" \t>").startswith(("```", "~~~")):
            after, stop = self._code.skip(mark, start, after)
            if stop is None:
                return [], after
            inside = self._code.content_start(match.end())
            return [self._display("```math", start, inside, stop, after, after > stop)], after
        if mark.lstrip(" \t").startswith("%"):
            return self._comment(start)
        return self._command(mark, start, after)

    def _in_prose(self, start: int, end: int) -> None:
        """Note a formula of the prose; pages put the author's macros into one."""
        self.inline.append((start, end))
        if DEFINERS.search(self.text, start, end):
            take_definitions(self.view, start, end, self.macros)

    def _command(self, mark: str, start: int, after: int) -> _Found:
        name = mark[1:]
        if DEFINERS.match(mark):
            if self._unread_definitions > 50:  # each failed one may have cost a long search
                return [], after
            end = define(self.view, start, min(len(self.text), start + 20_000), self.macros)
            self._unread_definitions += end is None
            return [], after if end is None else end
        if name in {"verb", "lstinline"} and after < len(self.text):
            return [], self._verb(after)
        if name == "iffalse":
            stop = self._find(r"\fi", after)
            return [], stop + 3 if stop >= 0 else after
        if name in {"url", "path"}:
            stop = self.text.find("}", after, after + 2000)
            return [], stop + 1 if stop >= 0 else after
        if name == "end" and self.kind == "tex":
            if re.compile(r"\s*\{document\}").match(self.text, after):
                return [], len(self.text)
        macro = self.macros.get(name)
        if macro and macro.environment and macro.environment[0] == "begin":
            return self._environment(macro.environment[1], start, after)
        return [], after

    def _environment(self, name: str, start: int, after: int) -> _Found:
        base = name.rstrip("*")
        if base in _VERBATIM:
            stop = self._find(f"\\end{{{name}}}", after)
            missing = len(self.text) if self.kind == "tex" else after
            return [], missing if stop < 0 else stop + len(name) + 6
        if base not in ENVIRONMENTS:
            return [], after
        if base in {"alignat", "xalignat", "IEEEeqnarray", "empheq"}:
            columns = re.compile(r"\s*(?:\[[^\]\n]*\])?\s*\{[^{}\n]*\}").match(self.text, after)
            after = columns.end() if columns else after
        for inside in _INSIDE.finditer(self.text, after):
            kind, other = self._boundary(inside)
            if kind == "end" and other == name:
                return [self._display(name, start, after, inside.start(), inside.end())], (
                    inside.end()
                )
            if (kind == "begin" and other.rstrip("*") in ENVIRONMENTS) or inside[0] == r"\[":
                return [self._display(name, start, after, inside.start(), inside.start(), False)], (
                    after
                )
        stop = self._paragraph_end(after)
        return [self._display(name, start, after, stop, stop, False)], after

    def _boundary(self, inside: re.Match[str]) -> tuple[str, str]:
        if inside["begin"]:
            return "begin", inside["begin"]
        if inside["end"]:
            return "end", inside["end"]
        macro = self.macros.get(inside["command"][1:]) if inside["command"] else None
        return macro.environment if macro and macro.environment else ("", "")

    def _bracketed(self, start: int, after: int, opening: str, closing: str) -> _Found:
        stop = -1
        for inside in _INSIDE.finditer(self.text, after):
            mark = inside[0]
            following = self.text[inside.end() : inside.end() + 1]
            if closing == r"\\]" and mark == r"\\" and following in {"[", "]"}:
                mark += following
            if mark == closing:
                end = inside.start() + len(closing)
                return [self._display(opening, start, after, inside.start(), end)], end
            if mark in {opening, "$$"}:
                stop = inside.start()
                break
        return self._unclosed(opening, start, after, stop)

    def _dollars(self, mark: str, start: int, after: int) -> _Found:
        if mark == "$":
            stop = self._inline_end(after)
            if stop > after:
                self._in_prose(after, stop - 1)
            return [], stop
        if mark != "$$":  # "$$$" is money
            return [], after
        for inside in _INSIDE.finditer(self.text, after):
            if len(inside["dollars"] or "") > 1:
                end = inside.start() + 2  # what follows of $$$$ opens the next one
                if not self.text[after : inside.start()].strip():
                    return [], end
                if self._is_kramdown and self._is_between_words(start, end):
                    self._in_prose(after, inside.start())
                    return [], end
                return [self._display("$$", start, after, inside.start(), end)], end
            if inside["blank"]:
                if self._spans_blank_lines(start, after):
                    continue
                return self._unclosed("$$", start, after, inside.start())
        return self._unclosed("$$", start, after, -1)

    def _is_between_words(self, start: int, end: int) -> bool:
        """Tell whether a formula shares its only line with words."""
        first, last = self.text.rfind("\n", 0, start) + 1, self.text.find("\n", start)
        last = len(self.text) if last < 0 else last
        around = self.text[first:start] + self.text[end:last]
        return end <= last and _WORDS.search(around) is not None

    def _script(self, mark: str, start: int, after: int) -> _Found:
        """Return the mathematics that a page's script holds, in Markdown as it is in HTML."""
        stop = self._find("</script>", after)
        if stop < 0:
            return [], after
        end = stop + len("</script>")
        if "mode=display" in mark.replace(" ", ""):
            return [self._display("script", start, after, stop, end)], end
        self._in_prose(after, stop)
        return [], end

    def _spans_blank_lines(self, start: int, after: int) -> bool:
        """Tell whether a display of a page, its marks alone on their lines, has blank lines."""
        end = self.text.find("$$", after, after + 4000)
        if self.kind == "tex" or end < 0:
            return False
        alone = _ALONE.match(self.text, self.text.rfind("\n", max(0, start - 200), start) + 1)
        closes = _ALONE.match(self.text, self.text.rfind("\n", after, end) + 1)
        prose = _PROSE.findall(self.text, after, end)
        return bool(alone and closes) and len(prose) <= 2

    def _unclosed(self, opening: str, start: int, after: int, stop: int) -> _Found:
        stop = min(stop if stop >= 0 else len(self.text), self._paragraph_end(after))
        content = self.text[after : min(stop, after + 4000)]
        # "\[1\]" and "$$$" are ordinary prose outside TeX; only mathematics is worth a message.
        if self.kind != "tex" and not _LOOKS_MATHEMATICAL.match(content):
            return [], after
        return [self._display(opening, start, after, stop, stop, False)], after

    def _display(
        self, name: str, start: int, first: int, last: int, end: int, closed: bool = True
    ) -> Display:
        pieces = [(first, last)]
        line = self.text.rfind("\n", max(0, start - 200), start) + 1
        if self.kind == "md" and _QUOTE.match(self.text, line):
            for quote in _QUOTE.finditer(self.text, first, last):
                piece_start, _ = pieces.pop()
                pieces += [(piece_start, quote.start()), (quote.end(), last)]
        return Display(name, start, end, tuple(pieces), closed)

    def _inline_end(self, after: int) -> int:
        """Return where inline mathematics that begins before ``after`` ends."""
        pattern = _INSIDE if self.kind == "tex" else _INLINE
        for inside in pattern.finditer(self.text, after):
            if inside["blank"]:
                return after
            if inside["dollars"]:
                stop = inside.start()
                if self.kind == "tex":
                    return stop + 1
                blank_edge = self.text[after].isspace() or self.text[stop - 1].isspace()
                return after if blank_edge or stop == after else stop + 1
        return after

    def _skip_to(self, closing: str, after: int) -> int:
        opening = closing.replace(")", "(")
        stop = re.compile(rf"{re.escape(opening)}|{re.escape(closing)}").search(
            self.text, after, self._paragraph_end(after)
        )
        return stop.end() if stop and stop[0] == closing else after

    def _paragraph_end(self, position: int) -> int:
        at = bisect_left(self._blank_lines, position)
        return self._blank_lines[at] if at < len(self._blank_lines) else len(self.text)

    def _find(self, mark: str, position: int) -> int:
        """Like ``str.find``, but a mark once not found is never searched for again."""
        if mark in self._absent:
            return -1
        stop = self.text.find(mark, position)
        if stop < 0:
            self._absent.add(mark)
        return stop

    def _comment(self, start: int) -> _Found:
        line = re.compile(r"[^\n\r]*").match(self.text, start)
        stop = line.end() if line else start + 1
        return list(self._directives(start, stop)), stop

    def _directives(self, start: int, end: int) -> Iterator[RawDirective]:
        for match in _DIRECTIVE.finditer(self.text, start, end):
            yield RawDirective(match.start(1), match.end(1))

    def _html_comment(self, after: int) -> _Found:
        stop = self._find("-->", after)
        if stop < 0:
            return [], after
        found: list[Display | RawDirective] = []
        for line in re.compile(r"proofhead:[ \t]*([^\n\r]*)").finditer(self.text, after, stop):
            content = line[1].rstrip()
            found.append(RawDirective(line.start(1), line.start(1) + len(content)))
        return found, stop + 3

    def _verb(self, after: int) -> int:
        after += self.text[after] == "*"
        delimiter = self.text[after : after + 1]
        line = re.compile(r"[^\n]{0,2000}").match(self.text, after)
        stop = self.text.find(delimiter, after + 1, line.end() if line else after)
        return stop + 1 if stop >= 0 and not delimiter.isalnum() else after
