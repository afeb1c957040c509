r"""The syntax tree of an equation: what was written, before anyone says what it means.

The tree keeps the structure of the notation and settles what a reader of the formula settles
(what a sum or a logarithm extends over, that ``\frac{\partial L}{\partial v_j}`` is one
derivative).  It does not know which letters are tensors, which are indices and which shapes meet;
that is elaboration.  Where the notation itself leaves two readings the node says so:

- ``Apply`` is a name before a bracket, which is an application or a product;
- ``Transpose.mark`` is "T" for ``A^T``, which is a power when T is a size and A a scalar;
- ``Differential`` is ``dO``, which is a product when d is a symbol of the document;
- ``A^T_{ij}`` and ``A_{ij}^T`` look alike: both are ``Transpose(Entry(A, (i, j)))``.

Every node has a ``span`` in the document, which takes no part in comparison: equal trees are
formulae written alike.  Round brackets and invisible braces leave no node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache

from proofs_checks.claims.places import Span

__all__ = [
    "Add", "Apply", "Bound", "Bracketed", "Branch", "Call", "Cases", "Compare", "Derivative",
    "Differential", "Directional", "Dots", "Entry", "ForAll", "Gradient", "Indicator", "Inner",
    "Interval", "Label", "Matrix", "Name", "Negate", "Node", "Norm", "Number", "Otherwise",
    "Power", "Product", "Quotient", "Ranges", "Rate", "SetOf", "Slice", "Space", "Step", "Sum",
    "Transpose", "Tuple", "children", "content", "letters", "nodes", "stem",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """Anything in the tree."""

    span: Span = field(default=Span(0, 0), compare=False, repr=False, kw_only=True)
    _nodes: tuple[Node, ...] | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as written: digits with or without a decimal point."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    r"""A symbol: ``s``, ``alpha`` (for ``\alpha`` and α), ``1`` (for ``\mathbf{1}``), ``infty``.

    ``font`` is "", "bf", "cal", "bb", "rm", "sf", "tt", "it", "frak" or "scr"; ``accents`` are
    "bar", "tilde", "hat", "vec", ... from the inside out.  A letter with several characters is
    a Greek name or, in an upright font, a word.
    """

    letter: str
    font: str = ""
    accents: tuple[str, ...] = ()
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Label(Node):
    r"""Part of a name that is no index: ``\text{max}``, or the mark ``*``, ``+``, ``\dagger``."""

    text: str


@dataclass(frozen=True, slots=True)
class Slice(Node):
    r"""The ``:`` (or ``\cdot``) in ``P_{i:}``: the whole axis."""


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """The ``1:t`` in ``x_{1:t}``, both ends included."""

    first: Node
    last: Node


@dataclass(frozen=True, slots=True)
class Entry(Node):
    r"""A symbol with subscripts and upper indices: ``s_{ij}``, ``W_Q^{(h)}``, ``v_j^*``.

    ``lower`` has one item per index (``ij``, ``i,j`` and ``i j`` are all two); ``upper`` what
    stands in brackets above, and marks.  ``base`` is a `Name`, or an expression in brackets, or
    a call as in ``\mathrm{softmax}(s_i)_j``.
    """

    base: Node
    lower: tuple[Node, ...] = ()
    upper: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Add(Node):
    """A sum of terms; a subtracted one is a `Negate`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Minus ``body``."""

    body: Node


@dataclass(frozen=True, slots=True)
class Product(Node):
    """Factors joined by one operator, left to right.

    ``operator`` is "" (written side by side: a matrix product where shapes ask for it), "cdot",
    "times", "odot", "otimes", "circ" or "ast".  Side by side binds tighter than the others.
    """

    factors: tuple[Node, ...]
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Quotient(Node):
    r"""``\frac{a}{b}`` or ``a/b``."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Power(Node):
    """``base`` to the ``exponent``; the exponent -1 of a matrix is its inverse."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    """A transpose; ``mark`` is "T" or "top" as written (every other spelling is "top")."""

    base: Node
    mark: str = "top"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``left relation right``: "=", "!=", "<", "<=", ">", ">=", "in", "~"."""

    left: Node
    relation: str
    right: Node


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """One summation index, with its ends where they are written, or the set it runs over."""

    index: Node
    first: Node | None = None
    last: Node | None = None
    domain: Node | None = None


@dataclass(frozen=True, slots=True)
class Sum(Node):
    r"""``\sum`` (``operator`` "sum") or ``\prod`` ("prod") over ``bounds`` where ``conditions``.

    In ``\sum_{k \neq j}`` the index is k and the condition k != j.
    """

    bounds: tuple[Bound, ...]
    body: Node
    conditions: tuple[Compare, ...] = ()
    operator: str = "sum"


@dataclass(frozen=True, slots=True)
class Call(Node):
    r"""A function: ``\mathbb{E}_{\alpha_i}[b]``, ``\log p``, ``\mathrm{KL}(p \| q)``.

    ``function`` is one of the names in `notation.FUNCTIONS`; ``lower`` its subscripts (the
    distribution of "expectation", "var" and "cov", perhaps as ``Compare(k, "~", alpha_i)``; the
    index of "softmax" and "lse").  ``bare`` when the argument was written without brackets.
    ``root`` n of ``\sqrt[n]{x}`` stands in ``lower``.  ``primes`` count derivatives: ``\tanh'(x)``.
    """

    function: str
    arguments: tuple[Node, ...]
    lower: tuple[Node, ...] = ()
    bare: bool = False
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Inner(Node):
    r"""``\langle left, right \rangle``; ``order`` is a subscript such as F."""

    left: Node
    right: Node
    order: Node | None = None


@dataclass(frozen=True, slots=True)
class Norm(Node):
    r"""``|body|`` (``bars`` 1) or ``\|body\|`` (2); ``order`` is a subscript such as 2 or F."""

    body: Node
    bars: int = 2
    order: Node | None = None


@dataclass(frozen=True, slots=True)
class Derivative(Node):
    """The derivative of ``quantity`` by each of ``by``; ``symbol`` is "partial" or "d"."""

    quantity: Node
    by: tuple[Node, ...]
    symbol: str = "partial"


@dataclass(frozen=True, slots=True)
class Gradient(Node):
    r"""``\nabla_{by} quantity``; ``order`` 2 for ``\nabla^2``; ``by`` is empty when unwritten."""

    quantity: Node
    by: tuple[Node, ...] = ()
    order: int = 1


@dataclass(frozen=True, slots=True)
class Rate(Node):
    r"""``\dot v_j`` or ``d v_j / dt``: the derivative by time, ``order`` times."""

    quantity: Node
    order: int = 1


@dataclass(frozen=True, slots=True)
class Step(Node):
    r"""``\Delta v_j``: the change in one step."""

    quantity: Node


@dataclass(frozen=True, slots=True)
class Differential(Node):
    r"""``dO``, ``dS_{ij}``: an adjoint or a change of what follows the d.

    ``style`` is "word" for ``\mathbf{dO}``, "operator" where the d stands before a symbol.
    """

    quantity: Node
    style: str = "operator"


@dataclass(frozen=True, slots=True)
class Indicator(Node):
    r"""``\mathbb{1}[j = k]``: 1 where all ``conditions`` hold, else 0."""

    conditions: tuple[Compare, ...]


@dataclass(frozen=True, slots=True)
class Branch(Node):
    """One line of a `Cases`; no ``conditions`` means "otherwise"."""

    value: Node
    conditions: tuple[Compare, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases(Node):
    r"""``\begin{cases} a & j = k \\ b & \text{otherwise} \end{cases}``."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Ranges(Node):
    r"""The remark ``i, j = 1, \dots, n`` beside an equation."""

    indices: tuple[Node, ...]
    first: Node
    last: Node


@dataclass(frozen=True, slots=True)
class ForAll(Node):
    r"""The remark ``\forall i, j`` beside an equation."""

    indices: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A name directly followed by a bracket: an application or a product."""

    base: Node
    arguments: tuple[Node, ...]
    separators: tuple[str, ...] = ()
    bracket: str = "("


@dataclass(frozen=True, slots=True)
class Bracketed(Node):
    """A script in brackets: the (l) of ``W^{(l)}``."""

    body: Node
    kind: str = "("


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """Entries written out."""

    rows: tuple[tuple[Node, ...], ...]
    brackets: str = "["


@dataclass(frozen=True, slots=True)
class Dots(Node):
    r"""``\dots``."""


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """``(a, b)``."""

    entries: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SetOf(Node):
    r"""``\{1, 3\}``."""

    entries: tuple[Node, ...]
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Space(Node):
    r"""``\mathbb{R}^{N \times d}``."""

    base: str
    dims: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Otherwise(Node):
    r"""``\text{otherwise}``."""


@dataclass(frozen=True, slots=True)
class Directional(Node):
    r"""``d f(x) \cdot h``: the derivative of a quantity along directions."""

    quantity: Node
    by: tuple[Node, ...]
    directions: tuple[Node, ...]


@lru_cache
def content(kind: type[Node]) -> tuple[str, ...]:
    """Return the names of the fields that hold what was written."""
    return tuple(item.name for item in fields(kind) if item.compare)


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below a node, in the order of its fields."""
    for name in content(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _within(value)


def _within(values: tuple[object, ...]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _within(value)


def nodes(node: Node) -> tuple[Node, ...]:
    """Return a node and everything below it; a tree never changes, so this is found once."""
    found = node._nodes
    if found is None:
        found = (node, *(below for child in children(node) for below in nodes(child)))
        object.__setattr__(node, "_nodes", found)
    return found


def letters(*roots: Node) -> frozenset[str]:
    """Return the letters of all names of some trees."""
    return frozenset(n.letter for root in roots for n in nodes(root) if isinstance(n, Name))


def stem(node: Node, *around: type[Apply] | type[Entry] | type[Power] | type[Transpose]) -> Node:
    """Return what is left of a node without its scripts, arguments and marks of these types."""
    while isinstance(node, around):
        node = node.base
    return node
