r"""Reading a researcher's document: displayed equations as syntax trees, with their places.

    document = read_document(Path("notes.tex").read_bytes(), "notes.tex")
    for item in document.equations:
        ...  # Equation (sides, relations, conditions) or Unreadable (problems, repair)

The road of a document, each step a module:

| step | modules |
|---|---|
| bytes to text that knows lines and columns | `places`, `webpages`, `sources` |
| text to displays, directives and prose | `displays`, `damage`, `directives`, `prose` |
| displays to lexemes, the author's commands expanded | `lexemes`, `macros`, `tidy` |
| lexemes to statements: rows, relations, conditions | `rows`, `layout`, `equations` |
| statements to trees | `parser` and its parts: `cursor`, `operands`, `brackets`, ... |
| trees to typed equations | `meaning` |
| all of it, for one document | `documents` up to trees, `reading` up to claims |

User text meets nothing but these: no `eval`, no `sympify`.
"""

from proofs_checks.claims.directives import Directive
from proofs_checks.claims.document import KINDS, Document, kind_of
from proofs_checks.claims.documents import read_document
from proofs_checks.claims.equations import Equation, Passed, Relation, Unreadable
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.outline import outline
from proofs_checks.claims.places import Source, Span
from proofs_checks.claims.problems import Problem, ReadingError

__all__ = [
    "KINDS",
    "Directive",
    "Document",
    "Equation",
    "Limits",
    "Passed",
    "Problem",
    "ReadingError",
    "Relation",
    "Source",
    "Span",
    "Unreadable",
    "kind_of",
    "outline",
    "read_document",
]
