r"""Everything in a pair of signs: brackets, braces, sets, inner products, norms, environments.

    (a + b),  [j = k],  \{1, 3\},  \langle q_i, k_j \rangle,  \|x\|_2
    \begin{pmatrix} a & b \\ c & d \end{pmatrix},  \begin{cases} a & j = k \\ b \end{cases}

Round brackets and braces around one factor leave no node of their own.
"""

from __future__ import annotations

import re
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.derivatives import Derivatives
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import QUADS
from proofs_checks.claims.places import Span, touch
from proofs_checks.claims.problems import Refusal

__all__ = ["Brackets"]


MATRICES = ("matrix", "bmatrix", "pmatrix", "vmatrix", "Bmatrix", "Vmatrix", "smallmatrix", "array")
REMARK = re.compile(r"\((?!if|for|when|where|unless|except)[^()]*\)")
"""Words in brackets beside a case: ``(same position)``."""


class Brackets(Derivatives):
    """What is enclosed in a pair of signs."""

    def bracket(self, lexeme: Lexeme) -> tree.Node:
        """Return what round or square brackets hold: a factor, a list or a condition."""
        close = ")" if lexeme.text == "(" else "]"
        found, signs = self.entries(close, lexeme.span)
        span = lexeme.span.to(self.before.span)
        if not found:
            raise Refusal("nothing stands in this bracket", span)
        compared = tuple(x for x in found if isinstance(x, tree.Compare))
        if len(compared) == len(found) and lexeme.text == "[":
            return self.scripts(tree.Indicator(compared, span=span))
        if len(found) > 1 or signs:
            return self.scripts(tree.Tuple(tuple(found), span=span))
        return self.scripts(self.closed(found[0]), span)

    def braces(self, lexeme: Lexeme) -> tree.Node:
        r"""Return what braces hold, which is a fraction where it holds ``\over``."""
        self.at -= 1
        found = self.group()
        over = next((n for n, x in enumerate(found) if x.command("over")), None)
        if over is not None:
            return self.scripts(self.fraction(found[:over], found[over + 1 :], lexeme.span))
        if not found:
            # {} before a script: {}^{k}
            raise Refusal("nothing stands between these braces", lexeme.span)
        node = self.sub(found, lexeme.span)
        is_scripted = self.peek is not None and self.peek.sign("_", "^")
        if (
            len(found) > 1
            and not self.is_closed(node)
            and (
                isinstance(node, tree.Add)
                or (is_scripted and isinstance(node, tree.Product | tree.Negate))
            )
        ):
            raise Refusal(
                "braces are invisible, and what they hold together is not one factor",
                lexeme.span, suggestion="`\\left( .. \\right)`",
            )  # fmt: skip
        if isinstance(node, tree.Name | tree.Entry) and not (
            isinstance(node, tree.Entry) and not isinstance(node.base, tree.Name)
        ):
            return self.applied(node)
        return self.scripts(node if len(found) == 1 else self.closed(node))

    def set_of(self, lexeme: Lexeme) -> tree.Node:
        """Return a set, or the factor that curly brackets hold."""
        found, _ = self.entries("}", lexeme.span)
        span = lexeme.span.to(self.before.span)
        if len(found) == 1 and not isinstance(
            found[0], tree.Compare | tree.Name | tree.Number | tree.Entry
        ):
            return self.scripts(self.closed(found[0]))  # curly brackets around a factor
        return self.scripts(tree.SetOf(tuple(found), span=span))

    def inner_product(self, lexeme: Lexeme) -> tree.Node:
        r"""Return ``\langle a, b \rangle``."""
        found, _ = self.entries(">", lexeme.span)
        span = lexeme.span.to(self.before.span)
        if len(found) != 2:
            raise Refusal(
                f"an inner product has two arguments; got {len(found)}", span, expected="`,`"
            )
        node = tree.Inner(found[0], found[1], span=span)
        if self.peek is not None and self.peek.sign("_"):
            self.next()
            opening = self.here
            node = replace(node, order=self.sub(self.group(), opening))
        return self.scripts(node)

    def norm(self, lexeme: Lexeme) -> tree.Node:
        """Return what bars hold: an absolute value or a norm."""
        self.bars.append(lexeme.text if lexeme.kind == "bar" else "open")
        body = self.expression(0)
        self.bars.pop()
        closing = self.peek
        wanted = "bar" if lexeme.kind == "bar" else "close"
        if closing is None or closing.kind not in (wanted, "close") or closing.text != lexeme.text:
            raise Refusal("this bar is never closed", lexeme.span, expected="a second bar")
        self.next()
        span = lexeme.span.to(closing.span)
        order = None
        if self.peek is not None and self.peek.sign("_"):
            self.next()
            opening = self.here
            order = self.sub(self.group(), opening)
        norm = tree.Norm(body, len(lexeme.text), order, span=span)
        return self.scripts(norm)

    # -- environments -------------------------------------------------------------------------

    def environment(self, lexeme: Lexeme) -> tree.Node:
        """Return a matrix, a case distinction, or the formula that several lines hold."""
        name = lexeme.text.rstrip("*")
        rows: list[list[list[Lexeme]]] = [[[]]]
        depth = 0
        while True:
            inside = self.next()
            if inside.kind == "end" and not depth:
                break
            depth += (inside.kind == "begin") - (inside.kind == "end")
            if inside.kind == "row" and not depth:
                rows.append([[]])
            elif inside.sign("&") and not depth:
                rows[-1].append([])
            else:
                rows[-1][-1].append(inside)
        span = lexeme.span.to(self.before.span)
        rows = [row for row in rows if any(row)]
        if name == "cases":
            return self.cases(rows, span)
        if name in MATRICES:
            return self.matrix(rows, {"v": "|", "V": "||"}.get(name[0], "["), span)
        # lines of one formula, broken for the eye
        flat = [x for row in rows for cell in row for x in cell]
        return self.closed(self.sub(flat, span))

    def matrix(self, rows: list[list[list[Lexeme]]], brackets: str, span: Span) -> tree.Node:
        r"""Return a matrix written out; what is left blank beside ``\ddots`` is 0."""
        has_diagonal = any(x.command("ddots") for row in rows for cell in row for x in cell)
        width = max(map(len, rows)) if has_diagonal else 0
        blank: list[list[Lexeme]] = [[]]

        def entry(cell: list[Lexeme]) -> tree.Node:
            if not cell and has_diagonal:
                return tree.Number("0", span=span)
            return self.sub(cell, span)

        cells = tuple(tuple(map(entry, row + blank * max(0, width - len(row)))) for row in rows)
        return tree.Matrix(cells, brackets, span=span)

    def cases(self, rows: list[list[list[Lexeme]]], span: Span) -> tree.Node:
        """Return a case distinction."""
        branches = []
        for row in rows:
            cells = [c for c in [row[0], *map(_without_spelled_if, row[1:])] if c]
            value, said = cells[0], [x for c in cells[1:] for x in c]
            if not said:
                at = next((n for n, x in enumerate(value) if x.kind == "text" or x.sign(",")
                           or x.command(*QUADS)), None)  # fmt: skip
                if at is not None:
                    value, said = value[:at], value[at:]
            while value and (value[-1].sign(",", ";", ".") or value[-1].command(*QUADS)):
                value = value[:-1]
            said = [x for x in said if not (x.kind == "text" and REMARK.fullmatch(x.text))]
            words = " ".join(x.text.lower().strip(" .,:") for x in said if x.kind == "text")
            if not said:
                raise Refusal("this case has no condition", value[0].span if value else span)
            if any(w in words.split() for w in ("otherwise", "else", "elsewhere")):
                if any(x.kind not in ("text", "sign") for x in said):
                    raise Refusal("this condition of a case is not read", said[0].span)
                conditions: tuple[tree.Node, ...] = ()
            else:
                while said and said[-1].sign(",", ";", "."):
                    said = said[:-1]
                inner = self.inner(said)
                conditions = tuple(inner.comparisons())
                inner.finish()
            node = self.sub(value, span)
            branches.append(tree.Branch(node, conditions, span=node.span))  # type: ignore[arg-type]
        return tree.Cases(tuple(branches), span=span)


def _without_spelled_if(cell: list[Lexeme]) -> list[Lexeme]:
    """Return a cell without an "if" in plain letters at its beginning."""
    first = [(x.kind, x.text) for x in cell[:2]]
    return cell[2:] if first == [("letter", "i"), ("letter", "f")] and touch(cell[:2]) else cell
