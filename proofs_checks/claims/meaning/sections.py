r"""Sections of a document whose letters mean something else than in the others.

A course defines f(x, y) = ... under one heading and f(x) = ... under the next.  Where the document
as a whole gives an equation no meaning, its section is read as a document of its own, together
with the last earlier definitions of what it uses and does not define.  In a document without
headings a new definition of a symbol, or of a function of other arguments, begins a section.

What is read so may be proved; a refutation of what the document contradicts would mean nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.document import Reading
from proofs_checks.claims.meaning.scopes import Scope, doubt_of_whole, is_forced, is_unread
from proofs_checks.claims.meaning.statements import (
    Meaning,
    Said,
    Statement,
    heading_between,
)
from proofs_checks.claims.tree import nodes

__all__ = ["read_in_sections"]

AGAIN = ("defined anew", "defined already")
"""In hedges about letters that a section may define for itself."""
UNSAID = "nothing says what "
NOTE = "read within its section: elsewhere the document uses these letters otherwise"


def read_in_sections(said: Said, reading: Reading) -> None:
    """Give statements that the document leaves without a meaning the one of their section."""
    if not any(_is_open(reading.meanings[s.number]) for s in said.statements if not s.is_inline):
        return
    sections = list(_sections(said, reading))
    # what the letters of the whole document clash over, one section may agree on
    ways = dict.fromkeys((reading.apart_letters, frozenset[str]()))
    for section, apart in itertools.product(sections if len(sections) > 1 else (), ways):
        wanted = {s.number for s in section if _is_open(reading.meanings[s.number])}
        if not wanted:
            continue
        own = {s.number for s in section} | _rests_on(reading, section)
        statements = [s for s in said.statements if s.number in own and not s.is_inline]
        statements += _inline(said, reading, section)
        part = replace(
            said, statements=statements, stated=_stated(said, section),
            summation=reading.summation,
            elsewhere=[root for s in said.statements for root in s.roots],
            rows=reading.rows, apart=apart,
            broken=[n for n in said.broken if n in reading.unknown],
        )  # fmt: skip
        alone = Reading(part, reading.base)
        formals = _formals(alone)
        for statement in alone.statements:
            if statement.number in wanted:
                _take(alone, reading, statement, formals)


def _take(alone: Reading, reading: Reading, statement: Statement, formals: set[str]) -> None:
    """Give a statement what it means in its section, if that leaves nothing open.

    ``formals`` are the arguments of the functions that the section defines.
    """
    meaning, found = reading.meanings[statement.number], alone.meanings[statement.number]
    hedges = {link.hedge for link in found.links} - {""}
    if found.error or found.skipped or not all(x.startswith(UNSAID) for x in hedges):
        return
    if hedges and any(
        _defines(reading, name) and not _defines(alone, name)
        for name in Scope(alone, statement).names
    ):
        return  # what the section leaves open the document says elsewhere
    if not meaning.error and any(
        new.kind in ("definition", "assumption")
        and new.kind != old.kind
        and not any(again in old.hedge for again in AGAIN)
        for new, old in zip(found.links, meaning.links, strict=False)
    ):
        return  # what the document claims, its section neither defines nor supposes
    if not is_forced(alone, reading, Scope(alone, statement).names - formals):
        return
    told = doubt_of_whole(meaning)
    meaning.error, meaning.links = None, found.links
    for link in found.links:
        link.model, link.notes = alone.model, (*link.notes, NOTE)
        link.hedge = told


def _defines(reading: Reading, name: str) -> bool:
    return name in reading.definitions.found or name in reading.authored.templates


def _formals(alone: Reading) -> set[str]:
    """Return the arguments of the functions that a section defines, letters of its own."""
    defined = [_function_defined(alone, s)[1] for s in alone.statements if not s.is_inline]
    return {name for arguments in defined for x in arguments for name in alone.names(x)}


def _is_open(meaning: Meaning) -> bool:
    if meaning.skipped:
        return False
    hedged = any(link.hedge and not link.of_inputs for link in meaning.links)
    return hedged or is_unread(meaning)


def _sections(said: Said, reading: Reading) -> Iterator[list[Statement]]:
    """Yield the displayed statements section by section."""
    section: list[Statement] = []
    defined: dict[str, tuple[tree.Node, ...]] = {}
    used: set[str] = set()
    for statement in sorted(said.statements, key=lambda s: s.span.start):
        if statement.is_inline:
            continue
        name, arguments = _function_defined(reading, statement)
        if not name and len(statement.sides) == 2:
            found = reading.definitions.reference(statement.sides[0])
            name, arguments = (found.name, statement.sides[1:]) if found else ("", ())
        is_new = name in used and name in defined and defined[name] != arguments
        is_new = is_new and not said.headings
        if section and (is_new or heading_between(said.headings, section[-1], statement)):
            yield section
            section, defined, used = [], {}, set()
        section.append(statement)
        used |= _used(reading, statement.roots) & defined.keys()  # after its definition
        if name:
            defined.setdefault(name, arguments)
    if section:
        yield section


def _inline(said: Said, reading: Reading, section: list[Statement]) -> list[Statement]:
    """Return what the prose says, but for definitions of what the section's own prose defines.

    A heading belongs to the section that it opens.
    """
    start = max((h for h in said.headings if h <= section[0].span.start), default=0)
    end = min((h for h in said.headings if h > section[-1].span.start), default=math.inf)
    inline = [s for s in said.statements if s.is_inline]
    near = [s for s in inline if start <= s.span.start < end]
    defined = {name for s in near for name in _left_names(reading, s)} - {""}
    return [s for s in inline if s in near or not defined & _left_names(reading, s)]


def _function_defined(reading: Reading, statement: Statement) -> tuple[str, tuple[tree.Node, ...]]:
    """Return the function on the left of a statement and its plain arguments."""
    left = statement.sides[0]
    if isinstance(left, tree.Apply) and all(isinstance(x, tree.Name) for x in left.arguments):
        return reading.authored.function_name(left) or "", left.arguments
    return "", ()


def _rests_on(reading: Reading, section: list[Statement]) -> set[int]:
    """Return the statements before a section that define what it uses and does not define."""
    start = section[0].span.start
    numbers: set[int] = set()
    defined = {name for s in section for name in _left_names(reading, s)}
    waiting = [name for s in section for name in _used(reading, s.roots) if name not in defined]
    seen = set(waiting) | defined
    while waiting:
        for statement in _last_definition(reading, waiting.pop(), start):
            numbers.add(statement.number)
            for name in _used(reading, statement.roots):
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
    return numbers


def _last_definition(reading: Reading, name: str, start: int) -> list[Statement]:
    template = reading.authored.templates.get(name)
    found = [
        f.statement
        for f in (
            *reading.definitions.found.get(name, ()),
            *reading.definitions.again.get(name, ()),
        )
    ]
    found += [s for s in reading.statements if template and s.number == template.number]
    return [s for s in found if s.span.start < start][-1:]


def _left_names(reading: Reading, statement: Statement) -> set[str]:
    left = statement.sides[0]
    names = {_function_defined(reading, statement)[0]}
    reference = reading.definitions.reference(left)
    return names | ({reference.name} if reference is not None else set())


def _used(reading: Reading, roots: Iterable[tree.Node]) -> set[str]:
    """Return the symbols and functions that are used."""
    found: set[str] = set()
    for root in roots:
        found |= reading.names(root)
        for node in nodes(root):
            if isinstance(node, tree.Apply):
                found.add(reading.authored.function_name(node) or "")
    return found


def _stated(said: Said, section: list[Statement]) -> list[tree.Compare]:
    """Return the spaces of symbols as the section has them, the last ones where it says none.

    What the section defines has none from before it.
    """
    start, end = section[0].span.start, section[-1].span.end
    begin = max((x for x in said.headings if x <= start), default=0)
    defined = {str(s.sides[0]) for s in section if len(s.sides) > 1}
    last: dict[str, tree.Compare] = {}
    for node in said.stated:
        if node.span.start <= end:
            last[str(node.left)] = node
    last = {x: node for x, node in last.items() if node.span.start >= begin or x not in defined}
    return list(last.values())
