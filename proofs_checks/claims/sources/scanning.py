r"""What a TeX file says about other files: `\input`, `\include`, `\usepackage`, `\endinput`, ...

A scan reads the file once and leaves out what TeX would not carry out: comments, verbatim text,
`\iffalse ... \fi`, and the bodies of definitions.  Nothing is expanded: a name that is made by a
command, such as ``\input{\folder/a}``, is reported as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from proofs_checks.claims.macros import DEFINERS, Macros, define
from proofs_checks.claims.places import View

__all__ = ["CONDITIONAL", "Inclusion", "Scan", "after_braces", "scan"]

_SPLICED = frozenset(
    "input @input include subfile subfileinclude includestandalone InputIfFileExists".split()
)
_FROM_FOLDER = frozenset(
    "import subimport inputfrom subinputfrom includefrom subincludefrom".split()
)
_PACKAGES = frozenset(
    "usepackage RequirePackage RequirePackageWithOptions documentclass LoadClass "
    "LoadClassWithOptions documentstyle".split()
)
_VERBATIM = r"verbatim|Verbatim|lstlisting|minted|comment|filecontents|alltt"
_MARK = re.compile(
    rf"%[^\n\r]*|\\begin\s*\{{\s*(?P<verbatim>(?:{_VERBATIM})\*?)\s*\}}"
    r"|\\begin\s*\{\s*(?P<body>document)\s*\}|\\end\s*\{\s*(?P<end>document)\s*\}"
    r"|\\(?P<word>[A-Za-z@]+)|\\.",
    re.DOTALL,
)
_GROUP = re.compile(
    r"\s{0,200}(?:\[(?P<options>(?:[^\[\]]|\[[^\[\]]{0,200}\]){0,2000})\]\s{0,200})?"
    r"\{(?P<name>[^{}]{0,4000})\}"
)
_TWO_GROUPS = re.compile(r"\*?\s*\{(?P<folder>[^{}\n]{0,400})\}\s*\{(?P<name>[^{}\n]{0,400})\}")
_BARE = re.compile(r"[ \t]+(?P<name>[^\s{}\\%]{1,400})")
_BRACE = re.compile(r"[{}]|\\.|%[^\n\r]*", re.DOTALL)
_LINE = re.compile(r"[^\n\r]*(?:\r\n|\n|\r)?")
CONDITIONAL = re.compile(
    r"%[^\n\r]*|\\newif\s*\\if[A-Za-z@]*|\\(?P<if>if(?!f(?![A-Za-z@])|thenelse)[A-Za-z@]*)"
    r"|\\(?P<else>else|or)(?![A-Za-z@])|\\(?P<fi>fi)(?![A-Za-z@])|\\(?:[A-Za-z@]+|.)",
    re.DOTALL,
)  # `\iff` is an arrow


class Inclusion(NamedTuple):
    r"""One command that names another file; text[start:end] is the command with its arguments.

    ``kind`` is "input" (its text stands here), "include" (the same, on a page of its own),
    "subfile" (its body stands here), "package", or "made" (a name that only TeX can tell).
    ``folder`` is what `\import{folder}{name}` says; ``is_relative`` for `\subimport`.
    ``is_optional`` for commands that do without the file.
    """

    kind: str
    command: str
    start: int
    end: int
    name: str
    folder: str = ""
    is_relative: bool = False
    is_optional: bool = False


@dataclass
class Scan:
    r"""What a file says, in order.

    ``end`` is where the file ends for TeX (`\endinput`, `\end{document}`), ``has_ended`` whether
    by the latter; ``body`` is the position after `\begin{document}`, -1 if there is none;
    ``document_class`` the argument of `\documentclass`, None if there is none, with the options in
    ``class_options``; ``only`` what `\includeonly` allows, None if everything.
    """

    end: int
    has_ended: bool = False
    body: int = -1
    document_class: str | None = None
    class_options: str = ""
    only: frozenset[str] | None = None
    inclusions: list[Inclusion] = field(default_factory=list)


def scan(text: str) -> Scan:
    """Return what a TeX file says about other files, in time linear in its length."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.view = text, View(text)
        self.found = Scan(len(text))
        self.conditions = 0
        self.unread_definitions = 0
        self.absent: set[str] = set()
        self.scratch: Macros = {}

    def run(self) -> Scan:
        position = 0
        while position < self.found.end and (mark := _MARK.search(self.text, position)):
            position = self._at(mark)
        found = self.found
        found.inclusions = [i for i in found.inclusions if i.start < found.end]
        return found

    def _at(self, mark: re.Match[str]) -> int:
        """Take in what stands at a mark; return where to go on."""
        word, after = mark["word"], mark.end()
        if mark["verbatim"]:
            return self._after(f"\\end{{{mark['verbatim']}}}", after)
        if mark["body"]:
            self.found.body = after if self.found.body < 0 else self.found.body
        elif mark["end"]:
            self.found.end, self.found.has_ended = mark.start(), True
        elif word is None:
            return after
        elif word == "endinput":
            if self.conditions == 0:
                line = _LINE.match(self.text, after)  # the rest of its line still counts
                self.found.end = line.end() if line else after
        elif word == "iffalse":
            return self._after_condition(after)
        elif word == "fi":
            self.conditions = max(0, self.conditions - 1)
        elif word == "newif":
            name = re.compile(r"\s*\\if[A-Za-z@]*").match(self.text, after)
            return name.end() if name else after
        elif word.startswith("if") and word not in {"iff", "ifthenelse"}:
            self.conditions += 1
        elif word in {"verb", "lstinline"}:
            return self._verb(after)
        elif DEFINERS.match(self.text, mark.start()):
            return self._definition(mark.start(), after)
        else:
            return self._command(word, mark.start(), after)
        return after

    def _command(self, word: str, start: int, after: int) -> int:
        if word == "includeonly":
            names = _GROUP.match(self.text, after)
            if names is not None:
                self.found.only = frozenset(_listed(names["name"]))
                return names.end()
        elif word in _PACKAGES:
            return self._packages(word, start, after)
        elif word in _SPLICED:
            return self._spliced(word, start, after)
        elif word in _FROM_FOLDER:
            groups = _TWO_GROUPS.match(self.text, after)
            if groups is not None:
                kind = "include" if "include" in word else "input"
                self._add(
                    kind, word, start, groups.end(), groups["name"], folder=groups["folder"],
                    is_relative=word.startswith("sub"),
                )  # fmt: skip
                return groups.end()
        return after

    def _packages(self, word: str, start: int, after: int) -> int:
        names = _GROUP.match(self.text, after)
        if names is None:
            return after
        if word in {"documentclass", "documentstyle"} and self.found.document_class is None:
            self.found.document_class = names["name"].strip()
            self.found.class_options = (names["options"] or "").strip()
        for name in _listed(names["name"]):
            self._add("package", word, start, names.end(), name)
        return names.end()

    def _spliced(self, word: str, start: int, after: int) -> int:
        name = _GROUP.match(self.text, after)
        if name is None and word in {"input", "@input"}:
            name = _BARE.match(self.text, after)
        if name is None:
            return after
        kind = {"subfile": "subfile", "subfileinclude": "subfile", "include": "include"}
        kind["includestandalone"] = "subfile"
        self._add(
            kind.get(word, "input"), word, start, name.end(), name["name"],
            is_optional=word in {"InputIfFileExists", "@input"},
        )  # fmt: skip
        return name.end()

    def _add(
        self, kind: str, word: str, start: int, end: int, name: str, *, folder: str = "",
        is_relative: bool = False, is_optional: bool = False,
    ) -> None:  # fmt: skip
        name = name.strip().replace('"', "")
        if re.search(r"[\\#]", name + folder):
            kind = "made"
        if name:
            self.found.inclusions.append(
                Inclusion(kind, word, start, end, name, folder.strip(), is_relative, is_optional)
            )

    # -- what is left out ---------------------------------------------------------------------

    def _definition(self, start: int, after: int) -> int:
        if self.unread_definitions > 50:  # each failed one may have cost a long search
            return after
        end = define(self.view, start, min(len(self.text), start + 20_000), self.scratch)
        self.scratch.clear()
        self.unread_definitions += end is None
        return after if end is None else end

    def _after(self, mark: str, position: int) -> int:
        r"""Return the position after a mark; without one, the end, as in TeX."""
        stop = -1 if mark in self.absent else self.text.find(mark, position)
        if stop < 0:
            self.absent.add(mark)
            return len(self.text)
        return stop + len(mark)

    def _after_condition(self, position: int) -> int:
        r"""Return the position after the `\else` or `\fi` that ends an `\iffalse`."""
        depth = 1
        for mark in CONDITIONAL.finditer(self.text, position):
            if mark["if"]:
                depth += 1
            elif mark["fi"]:
                depth -= 1
            elif mark["else"] and depth == 1:
                self.conditions += 1
                return mark.end()
            if depth == 0:
                return mark.end()
        return len(self.text)

    def _verb(self, after: int) -> int:
        delimiter = re.compile(r"\*?(\[[^\]\n]*\])?([^\sA-Za-z*])").match(self.text, after)
        if delimiter is None:
            return after
        closing = "}" if delimiter[2] == "{" else delimiter[2]
        line = re.compile(r"[^\n\r]{0,2000}").match(self.text, delimiter.end())
        stop = self.text.find(closing, delimiter.end(), line.end() if line else delimiter.end())
        return stop + 1 if stop >= 0 else after


def _listed(names: str) -> list[str]:
    """Return the names of a list with commas, in which there may be comments."""
    plain = re.sub(r"%[^\n\r]*", "", names)
    return [name for part in plain.split(",") if (name := part.strip())]


def after_braces(text: str, position: int, end: int) -> int:
    """Return the position after the group that begins at or after ``position``; -1 if none."""
    depth = 0
    for mark in _BRACE.finditer(text, position, end):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == 0 and mark[0] == "}":
            return mark.end()
    return -1
