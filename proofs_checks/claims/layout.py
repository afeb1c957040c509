r"""From the parts of a display to its equations: chains, continued lines, lists, conditions.

- A part that begins with a relation continues the chain before it (``&= ..``); one that begins
  with a sign continues its expression, unless it holds a relation of its own and no ``&`` stands
  before the sign.
- ``j \neq k``, ``\forall i``, ``i = 1, \dots, n`` beside an equation are its conditions.
- Nothing is guessed: a part that neither continues nor begins an equation is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from proofs_checks.claims.beside import (
    in_brackets,
    is_manual_tag,
    names_case,
    without_heading,
)
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.rows import (
    DOTS,
    Part,
    is_equality,
    joins,
    parts,
    relations_in,
    rows,
)
from proofs_checks.claims.simultaneous import one_by_one
from proofs_checks.claims.tidy import is_relation

__all__ = ["Statement", "statements"]

OTHERWISE = ("otherwise", "else", "elsewhere", "or else")
OBJECTIVE = re.compile(r"\b(?:subject to|such that|s\.\s?t\.?)(?!\w)")
LONGEST_START = 8  # lexemes of "h_l = 1", which begins a range
LEADING_ON = ("dArr", "Downarrow", "downarrow", "Darr", "darr")
"""Arrows that lead from one display to the next."""
_ARITHMETIC = frozenset("times plus minus over divided multiplied per".split())
_REASONS = frozenset("since because by using from due via as see".split())
_CONDITION_WORDS = frozenset(
    "if for when whenever provided assuming given such all any each every unless except".split()
)
_QUANTIFIERS = frozenset("all any each every".split())


@dataclass
class Statement:
    r"""An equation or chain as lexemes, with its remarks, labels and tag.

    ``conditions`` restrict it and ``remarks`` do not ("since ..."), each as its lexemes.
    ``listed`` is what a comma set before it, which only the beginning of a range
    (``i, j = 1, \dots``) may have.  ``continues`` when nothing stands before its first relation,
    ``is_premise`` when an implication follows it.
    """

    lexemes: list[Lexeme]
    row: int
    conditions: list[list[Lexeme]] = field(default_factory=list)
    remarks: list[list[Lexeme]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    tag: str = ""
    refusal: Refusal | None = None
    listed: list[Lexeme] = field(default_factory=list)
    continues: bool = False
    is_premise: bool = False


def statements(found: list[Lexeme], environment: str) -> list[Statement]:
    """Return the equations of a display, in order; empty when it holds none.

    ``environment`` is the display's own (``align*``, ``$$``, ...).  What cannot be sorted out
    becomes a statement with a ``refusal``.
    """
    assembly = _Assembly()
    for number, row in enumerate(rows(found, environment.rstrip("*"))):
        for part in one_by_one(list(parts(row, number))):
            assembly.take(part)
        assembly.remark(row.remarks, number)
    return assembly.finish()


class _Assembly:
    """Puts the parts of a display together to statements."""

    def __init__(self) -> None:
        self.done: list[Statement] = []
        self.pending: list[Lexeme] = []  # no relation yet
        self.held: list[list[Lexeme]] = []  # conditions before their equation: "\forall i:"
        self.open_range: list[Lexeme] = []  # "i = 1", once "\dots" has followed
        self.last_was_condition = False
        self.last_was_remark = False
        self.tag = ""  # "(1) \quad a = b"

    def take(self, part: Part) -> None:
        """Add one part."""
        content = without_heading(_trimmed(part.lexemes))
        if OBJECTIVE.search(part.words):
            self.pending = []  # what is minimised states nothing
        if part.lexemes and part.lexemes[-1].sign(":") and not any(relations_in(content)):
            return  # "n: \text{length}" says in words what a symbol is
        if part.words.strip(" .,").lower() in OTHERWISE and self.done:
            word = Lexeme("text", "otherwise", self.done[-1].lexemes[-1].span)
            self.done[-1].conditions.append([word])
        if not content or all(x.command(*LEADING_ON) for x in content):
            return
        if self._range(content) or self._position(part, content):
            return
        if all(x.command(*DOTS, "vdots") for x in content) and self.done and not self.pending:
            self.done[-1].remarks.append(content)  # and so on
            return
        if part.before in ("", "row") and is_manual_tag(content):
            self.tag = content[1].text
            return
        if self._condition(part, content):
            self.last_was_condition = True
            return
        self.last_was_condition = False
        if is_relation(content[0]):
            self._continue_chain(part, content)
        elif self._continues(part, content):
            (self.pending or self.done[-1].lexemes).extend(content)
        elif any(relations_in(content)):
            statement = Statement(content, part.row, conditions=self.held, listed=self.pending)
            statement.tag, self.tag = self.tag, ""
            self.done.append(statement)
            self.held, self.pending = [], []
        elif (
            part.before == "text"
            and self.done
            and not self.pending
            and not _ARITHMETIC & set(part.words.lower().split())
        ):
            self.done[-1].remarks.append(content)  # a symbol in the words beside an equation
            self.last_was_remark = True
            return
        elif self.last_was_remark and part.before == "list" and not self.pending:
            self.done[-1].remarks.append(content)  # "where \mu, \sigma are .."
            return
        elif part.before != "quad" or not is_manual_tag(content):
            if self.pending:
                self._refuse_leftover(self.pending)
            self.pending = content
        self.last_was_remark = False

    def remark(self, remarks: list[Lexeme], row: int) -> None:
        """Give the labels and tags of a row to the equation that stands in it."""
        owner = next((s for s in reversed(self.done) if s.row <= row), None)
        owner = owner or (self.done[0] if self.done else None)
        for lexeme in remarks:
            if owner is not None and lexeme.kind == "label":
                owner.labels.append(lexeme.text.strip())
            elif owner is not None and not owner.tag:
                owner.tag = lexeme.text.strip()

    def finish(self) -> list[Statement]:
        """Return the statements; what is left over is refused where an equation is."""
        if self.pending:
            self._refuse_leftover(self.pending)
        if not self.done:  # "where g = e^z", alone in its display
            self.done = [Statement(x, 0) for x in self.held if any(map(is_equality, x))]
        for statement in self.done:
            if statement.listed and any(map(is_equality, relations_in(statement.lexemes))):
                self._refuse_leftover(statement.listed, statement)
        return self.done

    def _refuse_leftover(self, left: list[Lexeme], owner: Statement | None = None) -> None:
        if owner is None and _are_positions(left) and self._list_positions(left):
            return
        owner = owner or (self.done[-1] if self.done else None)
        if owner is None or owner.refusal is not None:
            return
        owner.refusal = Refusal(
            "this piece neither is an equation nor continues one",
            left[0].span.to(left[-1].span),
            expected="a relation such as `=`, or a sign that joins it to what stands before",
            suggestion="put remarks into `\\text{...}`, and one equation on each row",
        )

    def _continue_chain(self, part: Part, content: list[Lexeme]) -> None:
        if self.pending:
            left, self.pending = self.pending, []
            self.done.append(Statement(left + content, part.row, conditions=self.held))
            self.held = []
        elif self.done:
            self.done[-1].lexemes.extend(content)
        else:
            # it goes on from the display before
            self.done.append(Statement(content, part.row, continues=True))

    def _continues(self, part: Part, content: list[Lexeme]) -> bool:
        before = self.pending or (self.done[-1].lexemes if self.done else [])
        if not before:
            return False
        if joins(before[-1]) or is_relation(before[-1]):
            return True
        if part.before == "list" or not joins(content[0]):
            return False
        starts_anew = content[0].sign("+", "-") and not part.indented
        return not (starts_anew and any(relations_in(content)))

    # -- conditions -------------------------------------------------------------------------

    def _range(self, content: list[Lexeme]) -> bool:
        r"""Read on in ``i, j = 1, \dots, n``, whose pieces arrive one by one."""
        if content[0].command(*DOTS) and not self.open_range:
            self.open_range = self._range_start()
            if not self.open_range:
                return False
            self.open_range.append(content[0])
            content = content[1:]  # "1, \\ldots i", without its second comma
            if not content:
                return True
        if not self.open_range:
            return False
        self.open_range.extend(content)
        self.open_range = []
        self.last_was_condition = True
        return True

    def _position(self, part: Part, content: list[Lexeme]) -> bool:
        """Read on in ``i = 1, 2, 3``, whose numbers arrive one by one."""
        if part.before != "list" or not self.pending:
            return False
        if not all(map(_are_positions, (self.pending, content))):
            return False
        self.pending += [Lexeme("sign", ",", content[0].span), *content]
        return True

    def _list_positions(self, left: list[Lexeme]) -> bool:
        r"""Make ``i = 1`` and further positions the condition ``i \in \{1, 2, 3\}``."""
        start = self._range_start()
        equal = next((n for n, x in enumerate(start) if x.sign("=")), None)
        if equal is None or not _are_positions(start[equal + 1 :]):
            return False
        place = start[equal].span
        opened = [Lexeme("command", "in", place), Lexeme("command", "{", place)]
        between, closed = Lexeme("sign", ",", place), Lexeme("command", "}", left[-1].span)
        start[equal:] = [*opened, *start[equal + 1 :], between, *left, closed]
        return True

    def _range_start(self) -> list[Lexeme]:
        """Take back ``i = 1`` and make it the last condition; empty when it is not there."""
        if not self.done:
            return []
        conditions = self.done[-1].conditions
        second = bool(self.pending) and _are_positions(self.pending)  # "1, 2, \\dots"
        if self.last_was_condition or second:
            if conditions and any(map(is_equality, conditions[-1])):
                self.pending = []
                return conditions[-1]
        last = self.done[-1]
        if len(self.done) < 2 or len(list(relations_in(last.lexemes))) != 1:
            return []
        if len(last.lexemes) > LONGEST_START:
            return []
        self.done.pop()
        comma = [Lexeme("sign", ",", last.lexemes[0].span)] if last.listed else []
        self.pending = []  # the 2 of "i = 1, 2, \dots, n"
        self.done[-1].conditions.append([*last.listed, *comma, *last.lexemes])
        return self.done[-1].conditions[-1]

    def _condition(self, part: Part, content: list[Lexeme]) -> bool:
        """Take a part that restricts an equation; tell whether it was one."""
        if content[0].command("forall"):
            colon = next((i for i, x in enumerate(content) if x.sign(":")), None)
            if colon is not None or part.before in {"", "row"}:
                self.held.append(content[:colon])  # it opens the equation that follows
            else:
                self._restrict(content)
            if colon is not None:
                self.take(Part(content[colon + 1 :], part.before, row=part.row))
            return True
        if is_relation(content[0]) or joins(content[0]):
            return False
        inner = in_brackets(content)
        if inner and all(x.kind in {"text", "word"} for x in inner):
            return True  # "(by the chain rule)"
        says = part.words
        in_words = bool(self.done) and bool(inner) and inner[0].kind == "text"
        if in_words:  # "(if i = j)", "(the loss L)"
            says, content = inner[0].text, inner[1:]
        words = re.findall(r"[^\W\d_]+", says.lower())
        is_remark = in_words and not any(relations_in(content))
        if words and self.done and (words[0] in _REASONS or is_remark):
            self.done[-1].remarks.append(content)
            return True
        if words == ["or"] and self.done and any(map(is_equality, content)):
            message = "alternatives joined by `or` are not read"
            self.done[-1].refusal = Refusal(message, content[0].span)
            return True
        if words and (words[0] in _CONDITION_WORDS or words[-1] in _CONDITION_WORDS):
            if _QUANTIFIERS & set(words) and not content[0].command("forall"):
                content = [Lexeme("command", "forall", content[0].span), *content]
            colon = next((i for i, x in enumerate(content) if x.sign(":")), None)
            if colon is not None and any(relations_in(content[colon + 1 :])):
                self.held.append(content[:colon])  # "if i = j: ..."
                self.take(Part(content[colon + 1 :], "row", row=part.row))
                return True
            self._restrict(content)
            if {"unless", "except"} & set(words) and self.done:
                message = f"a condition with `{part.words.strip()}` is not read"
                self.done[-1].refusal = Refusal(message, content[0].span)
            return True
        if part.before not in {"list", "quad", "cell", "text"} or not self.done:
            return False
        if inner and inner[0].command("because", "therefore"):
            self.done[-1].remarks.append(content)
            return True
        kinds = list(relations_in(inner or content))
        equal = any(map(is_equality, kinds))
        if inner and (kinds or inner[0].command("forall")):
            self._restrict(inner)
        elif kinds and not equal:
            if self.last_was_condition and self._extends_quantifier(content):
                return True  # "for all x, y \in S"
            if self.pending and part.before == "list":  # "p, q \ge 0"
                content = [*self.pending, Lexeme("sign", ",", content[0].span), *content]
                self.pending = []
            self._restrict(content)
        elif kinds and self.last_was_condition and words == ["and"] and len(content) <= 5:
            self._restrict(content)
        elif not self.pending and names_case(content, self.done[-1].lexemes):
            self._restrict(content)
        elif not kinds and self.last_was_condition and self._extends_quantifier(content):
            pass
        else:
            return False
        return True

    def _extends_quantifier(self, content: list[Lexeme]) -> bool:
        r"""Read on in ``\forall i, j``."""
        conditions = self.done[-1].conditions if self.done else self.held
        if not conditions or any(relations_in(conditions[-1])):
            return False
        if any(relations_in(content)) and not conditions[-1][0].command("forall"):
            return False
        conditions[-1].extend([Lexeme("sign", ",", content[0].span), *content])
        return True

    def _restrict(self, condition: list[Lexeme]) -> None:
        if self.done and not self.pending:
            self.done[-1].conditions.append(condition)
        else:
            self.held.append(condition)


def _are_positions(content: list[Lexeme]) -> bool:
    """Return whether numbers and commas are all there is."""
    return all(x.kind == "number" or x.sign(",") for x in content)


def _trimmed(content: list[Lexeme]) -> list[Lexeme]:
    """Return the lexemes without separators and full stops at either end."""
    first, last = 0, len(content)
    while first < last and content[first].sign(",", ";", ":"):
        first += 1
    while last > first and content[last - 1].sign(",", ";", ".", ":"):
        last -= 1
    return content[first:last]
