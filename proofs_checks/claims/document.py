"""What was read of a document, and of which kind it is.

    document = read_document(data, "notes.tex")      see `proofs_checks.claims.documents`
    document.kind, document.equations                "tex", (Equation(...), Unreadable(...), ...)

What is said of shapes, and what the prose defines, is kept beside the equations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proofs_checks.claims import tree
from proofs_checks.claims.directives import Directive
from proofs_checks.claims.equations import Equation, Passed, Unreadable
from proofs_checks.claims.macros import Macros
from proofs_checks.claims.places import Source
from proofs_checks.claims.problems import Problem

__all__ = ["KINDS", "Document", "kind_of"]

KINDS = ("tex", "md", "txt", "html")
_SUFFIXES = {
    ".tex": "tex", ".ltx": "tex", ".latex": "tex", ".sty": "tex", ".md": "md",
    ".markdown": "md", ".qmd": "md", ".rmd": "md", ".txt": "txt", ".text": "txt",
    ".html": "html", ".htm": "html", ".xhtml": "html",
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """What was read.

    | field | meaning |
    |---|---|
    | name, kind | as given; the kind is "tex", "md", "txt" or "html" |
    | source | the text as decoded, which knows lines and columns |
    | equations | equations and unreadable ones, in the order of the document |
    | directives | the readable directives, in order |
    | passed | displays without an equality |
    | stated | the spaces in which displays and prose put symbols |
    | inline | equations of the prose, which may define what displays use |
    | supposed | what the prose supposes: the sign of a symbol, a symmetric matrix |
    | described | symbols of which the prose says what is not read, and the word for it |
    | cases | where the prose tells two letters apart, as in i != j, and which |
    | problems | what concerns no equation: undecodable bytes, unreadable directives |
    | macros | the author's own commands, as they are at the end |
    """

    name: str
    kind: str
    source: Source
    equations: tuple[Equation | Unreadable, ...]
    directives: tuple[Directive, ...] = ()
    passed: tuple[Passed, ...] = ()
    stated: tuple[tree.Compare, ...] = ()
    inline: tuple[Equation, ...] = ()
    supposed: tuple[Equation, ...] = ()
    described: tuple[tuple[tree.Node, str], ...] = ()
    cases: tuple[tuple[int, frozenset[str]], ...] = ()
    problems: tuple[Problem, ...] = ()
    macros: Macros = field(default_factory=dict)


def kind_of(name: str, text: str) -> str:
    """Return the kind of a document, from the ending of its name, else from how it begins."""
    lower = name.lower()
    for suffix, kind in _SUFFIXES.items():
        if lower.endswith(suffix):
            return kind
    beginning = text[:4000].lstrip("\ufeff \t\r\n").lower()
    if beginning.startswith(("<!doctype html", "<html", "<?xml")) or "<body" in beginning:
        return "html"
    if "\\documentclass" in text[:20_000] or "\\begin{document}" in text[:200_000]:
        return "tex"
    return "md" if "```" in text else "txt"
