r"""Operands: names with their scripts, brackets, fractions, functions, big operators, matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import (
    ACCENTS,
    BIG_OPERATORS,
    BIG_WORDS,
    DOTS,
    FONTS,
    FUNCTION_COMMANDS,
    NAMED_SYMBOLS,
    PLAIN_FUNCTIONS,
    WORDS_WITH_D,
    function_named,
)
from proofs_checks.claims.operators import Operators
from proofs_checks.claims.places import TAG_MARK, Span
from proofs_checks.claims.problems import Refusal, nearest
from proofs_checks.claims.scripting import Scripting

__all__ = ["Operands"]

SUM = 10


class Operands(Scripting, Operators):
    """The operands of the parser; `Parser` adds the operators between them."""

    lexemes: list[Lexeme]
    limits: Limits
    at: int
    end_span: Span

    # -- lexemes ----------------------------------------------------------------------------

    @property
    def peek(self) -> Lexeme | None:
        """The next lexeme, None at the end."""
        return self.lexemes[self.at] if self.at < len(self.lexemes) else None

    @property
    def before(self) -> Lexeme:
        """The lexeme that was read last."""
        return self.lexemes[self.at - 1]

    @property
    def here(self) -> Span:
        """The place of the next lexeme."""
        return self.peek.span if self.peek is not None else self.end_span

    def next(self) -> Lexeme:
        """Take the next lexeme."""
        lexeme = self.peek
        if lexeme is None:
            raise Refusal("something is missing at the end", self.end_span, expected="an operand")
        self.at += 1
        return lexeme

    def ahead(self, count: int = 1) -> Lexeme | None:
        """Return a lexeme further on."""
        at = self.at + count
        return self.lexemes[at] if at < len(self.lexemes) else None

    def group(self) -> list[Lexeme]:
        """Take the argument of a command: what braces hold, or one lexeme."""
        lexeme = self.next()
        if not lexeme.sign("{"):
            if lexeme.kind == "command" and lexeme.text in FONTS and self.peek is not None:
                return [lexeme, *self._whole_group()]
            if lexeme.kind == "command" and lexeme.text in ("frac", "sqrt"):
                return [lexeme, *self._whole_group(), *self._whole_group()]
            if lexeme.kind == "number" and len(lexeme.text) > 1 and "." not in lexeme.text:
                rest = lexeme._replace(text=lexeme.text[1:])  # \frac12 is a half
                self.lexemes[self.at - 1] = lexeme._replace(text=lexeme.text[0])
                self.lexemes.insert(self.at, rest)
                return [lexeme._replace(text=lexeme.text[0])]
            return [lexeme]
        start, depth = self.at, 1
        while depth:
            inside = self.next()
            depth += inside.sign("{") - inside.sign("}")
        return self.lexemes[start : self.at - 1]

    def _whole_group(self) -> list[Lexeme]:
        start = self.at
        self.group()
        return self.lexemes[start : self.at]

    def inside(self, found: list[Lexeme]) -> Self:
        """Return a parser of a group, which stands as deep as this one."""
        inner = type(self)(found, self.limits)  # type: ignore[call-arg]
        inner.depth, inner.level = self.depth, self.level
        return inner

    def sub(self, found: list[Lexeme], place: Span) -> tree.Node:
        """Return the tree of a group."""
        if not found:
            raise Refusal("nothing stands between these braces", place, expected="an expression")
        inner = self.inside(found)
        node = inner.expression(0)
        inner.finish()
        self.keep += inner.keep
        return node

    @property
    def keep(self) -> list[tree.Node]:
        """Nodes that stood in brackets: products among them are factors, not lists of factors."""
        if not hasattr(self, "_keep"):
            self._keep: list[tree.Node] = []
        return self._keep

    @keep.setter
    def keep(self, value: list[tree.Node]) -> None:
        self._keep = value

    def closed(self, node: tree.Node) -> tree.Node:
        """Mark a node as one factor."""
        self.keep.append(node)
        return node

    def is_closed(self, node: tree.Node) -> bool:
        """Return whether a node stood in brackets."""
        return any(node is kept for kept in self.keep[-64:])

    # -- operands ---------------------------------------------------------------------------

    def operand(self) -> tree.Node:
        """Return one factor with its scripts."""
        self.depth += 1
        if self.depth > self.limits.nesting:
            raise Refusal(f"more than {self.limits.nesting} nested groups", self.here)
        node = self._one_factor()
        self.depth -= 1
        return node

    def _one_factor(self) -> tree.Node:
        lexeme = self.next()
        kind = lexeme.kind
        if kind == "number":
            return self._number(lexeme)
        if kind == "letter":
            return self._letter(lexeme)
        if kind == "word":
            return self._word(lexeme)
        if kind == "begin":
            return self.scripts(self._environment(lexeme))
        if kind in ("bar", "open"):
            return self._bars(lexeme)
        if kind == "sign" and lexeme.text in "([":
            return self._bracket(lexeme)
        if kind == "sign" and lexeme.text == "{":
            return self._braces(lexeme)
        if kind == "command":
            return self._command(lexeme)
        if kind == "text" and lexeme.text.isalpha():
            return self._word(lexeme._replace(kind="word", font="rm"))
        if kind == "alien":
            raise _alien(lexeme)
        if kind == "sign" and lexeme.text in "_^":
            raise Refusal("a script needs something to stand at", lexeme.span)
        raise self.refused(lexeme)

    def _number(self, lexeme: Lexeme) -> tree.Node:
        if self.peek is not None and self.peek.sign("_"):
            if lexeme.text not in ("0", "1"):
                raise Refusal("a number has no subscript", self.here)
            name = tree.Name(lexeme.text, span=lexeme.span)
            return self.indicator_or(name)
        return self.scripts(tree.Number(lexeme.text, span=lexeme.span))

    def _letter(self, lexeme: Lexeme) -> tree.Node:
        if lexeme.text == "d" and lexeme.font in ("", "rm"):
            found = self.differential(lexeme)
            if found is not None:
                return found
        spelled = self._plain_function(lexeme)
        if spelled is not None:
            return spelled
        return self.applied(tree.Name(lexeme.text, lexeme.font, span=lexeme.span))

    def _plain_function(self, lexeme: Lexeme) -> tree.Node | None:
        """Return the call of a function whose name is spelled in plain letters: ln(x)."""
        word, at = lexeme.text, self.at
        end = lexeme.span.end
        while at < len(self.lexemes) and self.lexemes[at].kind == "letter":
            if self.lexemes[at].span.start != end or len(word) > 8:
                break
            word += self.lexemes[at].text
            end = self.lexemes[at].span.end
            at += 1
        twice = self.peek
        if lexeme.text == "L" and twice is not None and twice.kind == "letter":
            after = self.ahead()
            if twice.text == "L" and after is not None and after.sign("("):
                self.next()  # LL(D), a log-likelihood
                return self.applied(tree.Name("LL", "it", span=lexeme.span.to(twice.span)))
        following = self.lexemes[at] if at < len(self.lexemes) else None
        is_bracket = following is not None and (
            following.sign("(", "[") or following.command("{")
        )
        if word not in PLAIN_FUNCTIONS or not is_bracket:
            return None
        self.at = at
        return self.call(function_named(word) or word, lexeme.span)

    def _word(self, lexeme: Lexeme) -> tree.Node:
        if lexeme.text.lower() in BIG_WORDS:
            return self.big(BIG_WORDS[lexeme.text.lower()], lexeme.span)
        function = function_named(lexeme.text)
        if function in BIG_WORDS.values() and self.peek is not None and self.peek.sign("_"):
            return self.big(function, lexeme.span)
        if function is not None and lexeme.font != "bf":
            return self.call(function, lexeme.span)
        if function is not None and self.peek is not None and self.peek.sign("("):
            return self.call(function, lexeme.span)
        text = lexeme.text
        if text[0] == "d" and 2 <= len(text) <= 5 and text.lower() not in WORDS_WITH_D:
            inner = tree.Name(text[1:], lexeme.font, span=lexeme.span)
            return self.differentiated(inner, lexeme.span, "word")
        return self.applied(tree.Name(text, lexeme.font, span=lexeme.span))

    def _command(self, lexeme: Lexeme) -> tree.Node:
        name = lexeme.text
        method = self._METHODS.get(name)
        if method is not None:
            return method(self, lexeme)
        if name in BIG_OPERATORS:
            return self.big(BIG_OPERATORS[name], lexeme.span)
        if name in FUNCTION_COMMANDS:
            return self.call(FUNCTION_COMMANDS[name], lexeme.span)
        if name in NAMED_SYMBOLS:
            return self.applied(tree.Name(name, span=lexeme.span))
        if name in FONTS:
            return self._font(lexeme)
        if name in ACCENTS:
            return self._accent(lexeme)
        if name in DOTS:
            return tree.Dots(span=lexeme.span)
        from proofs_checks.claims.notation import KNOWN

        if name in KNOWN:
            raise self.refused(lexeme)
        function = function_named(name)
        if function is not None:
            return self.call(function, lexeme.span)
        near = nearest(name, KNOWN)
        if near is None and len(name) > 2 and not (self.peek and self.peek.sign("{")):
            # a command of a package that is not here: a symbol of that name
            return self.applied(tree.Name(name, "rm", span=lexeme.span))
        raise Refusal(
            f"`\\{name}` is not known", lexeme.span,
            suggestion=f"`\\{near}`" if near else "define it with \\newcommand",
        )  # fmt: skip

    # -- fonts and accents ------------------------------------------------------------------

    def _font(self, lexeme: Lexeme) -> tree.Node:
        font = FONTS[lexeme.text]
        opening = self.here
        found = self.group()
        if len(found) == 1 and found[0].kind in ("letter", "number"):
            text = found[0].text
            if font == "bb" and text in "ERPNZ1":
                return self._blackboard(text, lexeme.span.to(found[0].span))
            if text == "d" and font in ("bf", "rm"):
                operator = self.differential(found[0]._replace(font=font), loose=True)
                if operator is not None:
                    return operator
            name = tree.Name(text, font, span=lexeme.span.to(found[0].span))
            return self.indicator_or(name) if text == "1" else self.applied(name)
        if len(found) == 1 and found[0].kind == "command" and found[0].text in NAMED_SYMBOLS:
            name = tree.Name(found[0].text, font, span=lexeme.span.to(found[0].span))
            return self.applied(name)
        letters = all(x.kind == "letter" for x in found)
        if font in ("rm", "bf", "sf", "tt", "it") and letters and len(found) > 1:
            text = "".join(x.text for x in found)
            return self._word(Lexeme("word", text, lexeme.span.to(found[-1].span), font))
        if found and found[0].kind == "letter" and found[0].text == "d" and len(found) == 2:
            inner = self.sub(found[1:], opening)  # \mathbf{d \alpha}
            if isinstance(inner, tree.Name):
                inner = replace(inner, font=font)
                return self.differentiated(inner, lexeme.span, "word")
        if not found:
            raise Refusal("nothing stands in this font", lexeme.span)
        inner = self.sub(found, opening)
        if isinstance(inner, tree.Name) and not inner.font:
            return self.applied(replace(inner, font=font, span=lexeme.span.to(inner.span)))
        if isinstance(inner, tree.Entry) and isinstance(inner.base, tree.Name):
            if not inner.base.font:
                inner = replace(inner, base=replace(inner.base, font=font))
        return self.scripts(self.closed(inner))

    def _blackboard(self, letter: str, span: Span) -> tree.Node:
        if letter == "E" and self.peek is not None and self.peek.sign("_", "[", "("):
            return self.call("expectation", span)
        if letter == "1":
            return self.indicator_or(tree.Name("1", "bb", span=span))
        if letter in "RNZ":
            return self.space(letter, span)
        return self.applied(tree.Name(letter, "bb", span=span))

    def _accent(self, lexeme: Lexeme) -> tree.Node:
        accent = ACCENTS[lexeme.text]
        opening = self.here
        inner = self.sub(self.group(), opening)
        if accent in ("dot", "ddot"):
            order = 1 if accent == "dot" else 2
            if isinstance(inner, tree.Name | tree.Entry):
                whole = self.scripts(inner, only_names=True)
                return self.outside(
                    whole, lambda n: tree.Rate(n, order, span=lexeme.span.to(n.span))
                )
            raise Refusal("a dot stands above a symbol", lexeme.span)
        if isinstance(inner, tree.Differential) and isinstance(inner.quantity, tree.Name):
            # \bar{dq}, the mean of dq: a name of its own
            name = inner.quantity
            inner = replace(name, letter=f"d{name.letter}")
        if isinstance(inner, tree.Name):
            accents = (*inner.accents, accent)
            return self.applied(replace(inner, accents=accents, span=lexeme.span.to(inner.span)))
        if isinstance(inner, tree.Entry) and isinstance(inner.base, tree.Name):
            base = replace(inner.base, accents=(*inner.base.accents, accent))
            return self.applied(replace(inner, base=base, span=lexeme.span.to(inner.span)))
        raise Refusal("an accent stands above a symbol", lexeme.span)

    # -- brackets ---------------------------------------------------------------------------

    def entries(self, close: str, place: Span) -> tuple[list[tree.Node], list[str]]:
        """Return what stands in a bracket, between commas and bars, and what parts it."""
        found: list[tree.Node] = []
        signs: list[str] = []
        places = self._bars_until(close)
        twice = len(places) == 2 and _touch(*(self.lexemes[n] for n in places))  # p || q
        odd = len(places) % 2 == 1 or twice
        self.bars.append("") if odd else None
        while True:
            lexeme = self.peek
            if lexeme is None:
                raise Refusal("this bracket is never closed", place, expected=f"`{close}`")
            if self._closes(lexeme, close):
                self.next()
                break
            if self._parts(lexeme, odd):
                self.next()
                if lexeme.command("quad", "qquad", "enspace"):
                    continue
                if lexeme.kind == "bar" and twice:
                    self.next()
                    signs.append("||")
                    continue
                signs.append({";": ";", ",": ","}.get(lexeme.text, "||" if lexeme.text in (
                    "||", "parallel") else "|"))  # fmt: skip
                continue
            if lexeme.command("cdot") and self.ahead() is not None and (
                self._closes(self.ahead(), close) or self._parts(self.ahead(), odd)
            ):
                self.next()
                found.append(tree.Slice(span=lexeme.span))
                continue
            if lexeme.kind == "text" and not self.begins_operand(lexeme):
                raise Refusal("these words stand inside a formula", lexeme.span)
            nodes = self.comparison()
            found += nodes
        self.bars.pop() if odd else None
        if found and len(signs) >= len(found):
            raise Refusal("an argument of this bracket is empty", place)
        return found, signs

    def _parts(self, lexeme: Lexeme, odd: bool) -> bool:
        if lexeme.sign(",", ";") or lexeme.command("mid", "quad", "qquad", "enspace", "parallel"):
            return True
        return lexeme.kind == "middle" or (lexeme.kind == "bar" and odd)

    def _bars_until(self, close: str) -> list[int]:
        """Return the places of the bars of this bracket itself."""
        depth = 0
        places = []
        for n, lexeme in enumerate(self.lexemes[self.at :], start=self.at):
            if not depth and self._closes(lexeme, close):
                break
            if lexeme.sign("(", "[", "{") or lexeme.command("{", "langle"):
                depth += 1
            elif lexeme.sign(")", "]", "}") or lexeme.command("}", "rangle"):
                depth -= 1
            elif lexeme.kind == "bar" and not depth:
                places.append(n)
        return places

    @staticmethod
    def _closes(lexeme: Lexeme, close: str) -> bool:
        if close == "}":
            return lexeme.command("}")
        if close == ">":
            return lexeme.command("rangle")
        return lexeme.sign(close)

    def _bracket(self, lexeme: Lexeme) -> tree.Node:
        close = ")" if lexeme.text == "(" else "]"
        found, signs = self.entries(close, lexeme.span)
        span = lexeme.span.to(self.before.span)
        if not found:
            raise Refusal("nothing stands in this bracket", span)
        if all(isinstance(x, tree.Compare) for x in found) and lexeme.text == "[":
            return self.scripts(tree.Indicator(tuple(found), span=span))  # type: ignore[arg-type]
        if len(found) > 1 or signs:
            return self.scripts(tree.Tuple(tuple(found), span=span))
        node = replace(found[0], span=span) if False else found[0]
        return self.scripts(self.closed(node), span)

    def _braces(self, lexeme: Lexeme) -> tree.Node:
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
        if len(found) > 1 and not self.is_closed(node) and (
            isinstance(node, tree.Add)
            or (is_scripted and isinstance(node, tree.Product | tree.Negate))
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

    def _set(self, lexeme: Lexeme) -> tree.Node:
        found, _ = self.entries("}", lexeme.span)
        span = lexeme.span.to(self.before.span)
        if len(found) == 1 and not isinstance(
            found[0], tree.Compare | tree.Name | tree.Number | tree.Entry
        ):
            return self.scripts(self.closed(found[0]))  # curly brackets around a factor
        return self.scripts(tree.SetOf(tuple(found), span=span))

    def _inner(self, lexeme: Lexeme) -> tree.Node:
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

    # -- bars -------------------------------------------------------------------------------

    @property
    def bars(self) -> list[str]:
        """The bars that are open."""
        if not hasattr(self, "_bars_open"):
            self._bars_open: list[str] = []
        return self._bars_open

    def bar_opens(self, lexeme: Lexeme) -> bool:
        """Return whether a bar begins a norm, rather than ending one or parting arguments."""
        return not (self.bars and self.bars[-1] in ("", lexeme.text))

    def _bars(self, lexeme: Lexeme) -> tree.Node:
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

    # -- environments -----------------------------------------------------------------------

    def _environment(self, lexeme: Lexeme) -> tree.Node:
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
        if name in ("matrix", "bmatrix", "pmatrix", "vmatrix", "Bmatrix", "Vmatrix", "smallmatrix",
                    "array"):  # fmt: skip
            cells = tuple(tuple(self.sub(cell, span) for cell in row) for row in rows)
            matrix = tree.Matrix(cells, {"v": "|", "V": "||"}.get(name[0], "["), span=span)
            return matrix
        # lines of one formula, broken for the eye
        flat = [x for row in rows for cell in row for x in cell]
        return self.closed(self.sub(flat, span))

    def cases(self, rows: list[list[list[Lexeme]]], span: Span) -> tree.Node:
        """Return a case distinction."""
        branches = []
        for row in rows:
            cells = [c for c in row if c]
            value, said = cells[0], [x for c in cells[1:] for x in c]
            if not said:
                at = next((n for n, x in enumerate(value) if x.kind == "text" or x.sign(",")
                           or x.command("quad", "qquad")), None)  # fmt: skip
                if at is not None:
                    value, said = value[:at], value[at:]
            while value and value[-1].sign(",", ";", "."):
                value = value[:-1]
            words = " ".join(x.text.lower().strip(" .,:") for x in said if x.kind == "text")
            if not said:
                raise Refusal("this case has no condition", span_of_row(value, span))
            if any(w in words.split() for w in ("otherwise", "else", "elsewhere")):
                if any(x.kind not in ("text", "sign") for x in said):
                    raise Refusal("this condition of a case is not read", said[0].span)
                conditions: tuple[tree.Node, ...] = ()
            else:
                while said and said[-1].sign(",", ";", "."):
                    said = said[:-1]
                inner = self.inside(said)
                conditions = tuple(inner.comparisons())
                inner.finish()
            node = self.sub(value, span)
            branches.append(tree.Branch(node, conditions, span=node.span))  # type: ignore[arg-type]
        return tree.Cases(tuple(branches), span=span)

    _METHODS: dict[str, Callable[[Operands, Lexeme], tree.Node]] = {}


def _alien(lexeme: Lexeme) -> Refusal:
    text = lexeme.text
    if text == TAG_MARK:
        hint = "pages make `<em>` of two underscores; look at the source of the page"
        message = "a tag of the page stands in the formula"
        return Refusal(message, lexeme.span, suggestion=hint)
    name = f"`{text}`" if text.isprintable() and text != "`" else f"U+{ord(text):04X}"
    return Refusal(f"{name} is no mathematics", lexeme.span)


def span_of_row(found: list[Lexeme], place: Span) -> Span:
    """Return the place of a row, that of the whole if it is empty."""
    return found[0].span.to(found[-1].span) if found else place


def _touch(first: Lexeme, second: Lexeme) -> bool:
    return first.text == second.text == "|" and first.span.end == second.span.start


def _fraction(self: Operands, lexeme: Lexeme) -> tree.Node:
    above, below = self.group(), self.group()
    return self.scripts(self.fraction(above, below, lexeme.span.to(self.before.span)))


def _root(self: Operands, lexeme: Lexeme) -> tree.Node:
    lower: tuple[tree.Node, ...] = ()
    if self.peek is not None and self.peek.sign("["):
        opening = self.next()
        found, _ = self.entries("]", opening.span)
        lower = tuple(found)
    opening_span = self.here
    body = self.sub(self.group(), opening_span)
    return self.scripts(
        tree.Call("sqrt", (body,), lower, span=lexeme.span.to(self.before.span))
    )


def _binomial(self: Operands, lexeme: Lexeme) -> tree.Node:
    parts = tuple(self.sub(self.group(), lexeme.span) for _ in range(2))
    return self.scripts(tree.Call("binomial", parts, span=lexeme.span.to(self.before.span)))


Operands._METHODS.update(
    {
        "frac": _fraction, "dfrac": _fraction, "tfrac": _fraction, "cfrac": _fraction,
        "nicefrac": _fraction, "sfrac": _fraction, "sqrt": _root, "surd": _root,
        "binom": _binomial, "{": Operands._set, "langle": Operands._inner,
        "partial": Operands.partial, "nabla": Operands.nabla, "Delta": Operands.step,
    }  # fmt: skip
)
