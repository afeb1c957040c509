"""The folder of a certificate: our library, one file a statement, and a Makefile for coqc."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from proofs_checks.certificates.emission import Certificate
from theory.files import write_atomically

__all__ = ["LIBRARY", "library_files", "write_project"]

LIBRARY = (
    "Definitions.v",
    "Sums.v",
    "Sumring.v",
    "Reify.v",
    "Derivatives.v",
    "Certificate.v",
)
"""The files of the library, each after those that it imports."""

MAKEFILE = """\
# Checks every statement with coqc; needs Coq 8.16 or newer with Coquelicot and nothing of ours.
COQC ?= coqc
FLAGS = -q -w none -R library Proofhead
LIBRARY = {library}
STATEMENTS = {statements}

all: $(STATEMENTS)
.PHONY: all check clean
{chain}
$(STATEMENTS): %.vo: %.v {last}
\t$(COQC) $(FLAGS) $<

# library and statements once more, by the independent checker of compiled files
check: all
\tcoqchk -silent -o -R library Proofhead $(addprefix -norec ,{modules} $(basename $(STATEMENTS)))

clean:
\trm -f *.vo *.vok *.vos *.glob library/*.vo library/*.vok library/*.vos library/*.glob
"""


def library_files() -> dict[str, str]:
    """Return the text of every file of the library by name."""
    folder = files("proofs_checks.certificates") / "library"
    return {name: (folder / name).read_text(encoding="utf-8") for name in LIBRARY}


def write_project(folder: Path, certificates: Sequence[Certificate]) -> list[Path]:
    """Write the library, the certificates, `Makefile` and `_CoqProject`; return what was written.

    Raises `NotADirectoryError` if ``folder`` is a file, `OSError` if it cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            f"cannot write to `{folder}`: it is a file. Name a folder for the certificates."
        )
    (folder / "library").mkdir(parents=True, exist_ok=True)
    sources = {f"library/{name}": text for name, text in library_files().items()}
    sources |= {f"{c.theorem}.v": c.text for c in certificates}
    contents = {  # the first says whose folder this is, should a full disk end it here
        "_CoqProject": "\n".join(["-R library Proofhead", '-Q . ""', *sources]) + "\n",
        **sources,
        "Makefile": _makefile(certificates),
    }
    written = []
    for name, text in contents.items():
        write_atomically(folder / name, text)
        written.append(folder / name)
    return written


def _makefile(certificates: Sequence[Certificate]) -> str:
    compiled = [f"library/{name}o" for name in LIBRARY]
    chain = "".join(
        f"\n{own}: {own.removesuffix('o')} {before}\n\t$(COQC) $(FLAGS) $<\n"
        for own, before in zip(compiled, ["", *compiled], strict=False)
    )
    return MAKEFILE.format(
        library=" ".join(compiled),
        statements=" ".join(f"{c.theorem}.vo" for c in certificates),
        chain=chain,
        modules=" ".join(f"Proofhead.{name.removesuffix('.v')}" for name in LIBRARY),
        last=compiled[-1],
    )
