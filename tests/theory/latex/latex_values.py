"""An independent reader of the printed LaTeX: it computes the number, column or matrix it denotes.

It knows only the conventions of papers (products bind to the right of a sum sign, a letter without
its silent index is a column, capitals matrices) and shares no code with the printer.
"""

import re

import numpy as np

TOKEN = re.compile(
    r"\\(?:[Bb]igg?[lr])?([()\[\]])|\\[Bb]igg?[lr](?=\\)|(\\[A-Za-z]+)|(\d+)|([A-Za-z]'*|\S)"
)
SKIPPED = frozenset((r"\bigl", r"\bigr", r"\Bigl", r"\Bigr", r"\biggl", r"\biggr"))
GREEK = {"alpha", "eta", "tau", "epsilon", "beta"}


def tokens_of(tex):
    found = [next(x for x in m if x) for m in TOKEN.findall(tex) if any(m)]
    return [t for t in found if t not in SKIPPED]


def value_of(tex, arrays, indices, sizes):
    """The value of ``tex``: ``indices`` gives the free letters, ``sizes`` letter -> range."""
    tokens = tokens_of(tex)
    reader = _Reader(tokens, arrays, sizes)
    compute = reader.terms()
    if reader.at != len(tokens):
        raise ValueError(f"unread: {tokens[reader.at :]} of {tex}")
    return compute(dict(indices))


def times(x, y):
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return x * y
    product = x @ y
    return float(product[0, 0]) if product.shape == (1, 1) else product


class _Reader:
    def __init__(self, tokens, arrays, sizes):
        self.tokens, self.arrays, self.sizes, self.at = tokens, arrays, sizes, 0

    @property
    def next(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *expected):
        """The next token; each of ``expected`` must come, in this order."""
        token = ""
        for wanted in expected or (self.next,):
            token = self.next
            if not token or token != wanted:
                raise ValueError(f"expected {wanted}, got {token} in {self.tokens}")
            self.at += 1
        return token

    def terms(self):
        signs, parts = [], []
        while True:
            sign = 1.0
            if self.next in ("+", "-"):
                sign = -1.0 if self.take() == "-" else 1.0
            elif parts:
                break
            signs.append(sign)
            parts.append(self.product())
        return lambda env: sum(s * part(env) for s, part in zip(signs, parts, strict=True))

    def product(self):
        factors = []
        while self.next not in ("", "+", "-", ")", "]", "}", r"\rVert", "="):
            divides = self.next == "/"
            if divides:
                self.take()
            factor = self.factor()
            factors.append((lambda env, f=factor: 1 / f(env)) if divides else factor)
        if not factors:
            raise ValueError(f"an empty product in {self.tokens}")

        def compute(env):
            result = factors[0](env)
            for factor in factors[1:]:
                result = times(result, factor(env))
            return result

        return compute

    def factor(self):
        base = self.base()
        while self.next == "^":
            self.take()
            base = self.power(base)
        return base

    def power(self, base):
        if self.next == r"\top":
            self.take()
            return lambda env: np.transpose(base(env))
        exponent = self.group() if self.next == "{" else self.number()

        def compute(env):
            assert np.ndim(base(env)) == 0
            return base(env) ** exponent(env)

        return compute

    def number(self):
        value = float(self.take())
        return lambda env: value

    def group(self, opening="{", closing="}"):
        self.take(opening)
        inside = self.terms()
        self.take(closing)
        return inside

    def base(self):
        token = self.next
        if token == "(":
            return self.group("(", ")")
        if token.isdigit():
            return self.number()
        readers = {
            r"\frac": self.fraction, r"\sum": self.sum, r"\sqrt": self.root, r"\log": self.log,
            r"\exp": self.exponential, "e": self.exponential, r"\lVert": self.norm,
            r"\operatorname": self.operator, r"\mathbb": self.mean, "H": self.entropy,
            r"\delta": self.delta, "I": self.identity,
        }  # fmt: skip
        return readers.get(token, self.symbol)()

    def fraction(self):
        self.take()
        if self.tokens[self.at + 1] == r"\partial":
            self.take("{", r"\partial", "L", "}", "{", r"\partial")
            compute = self.symbol("dL_d")
            self.take("}")
            return compute
        above, below = self.group(), self.group()
        return lambda env: above(env) / below(env)

    def sum(self):
        self.take()
        self.take("_")
        letters = [self.take()]
        if letters == ["{"]:
            letters = self.letters_until_brace()
        body = self.product()

        def compute(env):
            shape = [self.sizes[x] for x in letters]
            places = np.ndindex(*shape)
            return sum(body({**env, **dict(zip(letters, place, strict=True))}) for place in places)

        return compute

    def letters_until_brace(self):
        letters = []
        while self.next != "}":
            token = self.take()
            if token == "_":  # a numbered letter such as k_1 or k_{12}
                braced = self.next == "{"
                letters[-1] += [self.take() for _ in range(1 + 2 * braced)][braced]
            elif token != ",":
                letters.append(token)
        self.take("}")
        return letters

    def root(self):
        self.take()
        inside = self.group()
        return lambda env: np.sqrt(inside(env))

    def log(self):
        self.take()
        inside = self.group("(", ")") if self.next == "(" else self.base()
        return lambda env: np.log(inside(env))

    def exponential(self):
        if self.take() == "e":
            self.take("^")
            inside = self.group()
        else:
            inside = self.group("(", ")")
        return lambda env: np.exp(inside(env))

    def norm(self):
        self.take()
        inside = self.terms()
        self.take(r"\rVert")
        if self.next == "_":
            self.take("_", "F")
        self.take("^", "2")

        def compute(env):
            assert np.ndim(inside(env)) == 2
            return float(np.sum(inside(env) ** 2))

        return compute

    def operator(self):
        self.take(r"\operatorname", "{")
        name = ""
        while self.next != "}":
            name += self.take()
        self.take("}")
        inside = self.group("(", ")")
        if name == "tr":
            return lambda env: float(np.trace(inside(env)))
        assert name == "diag"
        return lambda env: np.diag(np.asarray(inside(env))[:, 0])

    def mean(self):
        self.take(r"\mathbb", "{", "E", "}", "_", "{")
        weights = self.symbol()
        self.take("}", "[")
        values = self.symbol()
        self.take("]")
        at = weights.subscripts
        return lambda env: float(np.sum(weights.part(env, at) * values.part(env, at)))

    def entropy(self):
        self.take("H", "(")
        weights = self.symbol()
        self.take(")")

        def compute(env):
            row = weights.part(env, weights.subscripts)
            return float(-np.sum(row * np.log(row)))

        return compute

    def delta(self):
        self.take(r"\delta", "_", "{")
        i, j = self.letters_until_brace()
        return lambda env: float(env.get(i, i) == env.get(j, j))

    def identity(self):
        self.take()
        return lambda env: np.eye(self.sizes["I"])

    def symbol(self, prefix=""):
        stem = self.take().lstrip("\\")
        subscripts = []
        if self.next == "_":
            self.take()
            subscripts = [self.take()]
            if subscripts == ["{"]:
                subscripts = self.letters_until_brace()
        own = f"{stem}_{subscripts[0]}" if subscripts else ""
        if own in self.arrays or own.lower() in {x.lower() for x in self.arrays}:
            stem, subscripts = own, subscripts[1:]
        if prefix + stem not in self.arrays:
            stem = next(
                x for x in (stem.upper(), stem[0].upper() + stem[1:]) if prefix + x in self.arrays
            )
        return _Symbol(np.asarray(self.arrays[prefix + stem]), subscripts)


class _Symbol:
    """A name with its subscripts: an entry, a column or a matrix."""

    def __init__(self, array, subscripts):
        self.array, self.subscripts = array, subscripts

    def part(self, env, subscripts):
        return self.array[tuple(env[x] if x in env else int(x) - 1 for x in subscripts)]

    def __call__(self, env):
        part = self.part(env, self.subscripts)
        return {0: float, 1: lambda x: x[:, None], 2: np.asarray}[part.ndim](part)
