r"""A TeX document with the files it includes, spliced where they are named.

As LaTeX would, except that nothing is expanded: `\input`, `\include` (as far as `\includeonly`
allows), `\import` and its kin, the body of a `\subfile`, and the definitions of the packages and
the class that lie beside the document.  A package that does not lie there is one of the TeX
distribution.

A file that is missing, includes itself, or cannot be read, is reported at the command that names
it, and the rest is read.
"""

from __future__ import annotations

import posixpath
import re
from itertools import groupby

from proofs_checks.claims.limits import Limits
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.sources.bundle import Bundle, SourceError, Writer
from proofs_checks.claims.sources.files import Files, declared_encoding, decoded, inside
from proofs_checks.claims.sources.packages import definitions
from proofs_checks.claims.sources.scanning import Inclusion, Scan, scan

__all__ = ["DEPTH", "candidates", "tex_bundle"]

DEPTH = 16  # files inside one another
INCLUSIONS = 2000  # in one document
_PACKAGE_ENDINGS = (".sty", ".cls", ".def", ".clo", ".cfg")
_NO_TEXT = (
    ".bbl", ".toc", ".lof", ".lot", ".ind", ".gls", ".aux", ".pgf", ".tikz", ".pdf_tex",
    ".pdf_t", ".pstex_t", ".eps_tex",
)  # fmt: skip  # made by programs: figures, lists
_DISTRIBUTED = frozenset(
    "glyphtounicode epsf xy xypic pstricks insbox tikz pgf amssym cyracc psfig amstex random "
    "docmute binhex xint pst-plot".split()
)
_REST_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\n|\r)")


def tex_bundle(files: Files, main: str, name: str, *, limits: Limits | None = None) -> Bundle:
    r"""Return the document whose main file is ``main``, with everything that it includes.

    ``main`` is its name among ``files``, ``name`` what reports call it; in the bundle the main
    file has the name "", and others have names relative to its folder.

    Raises `SourceError` if the main file is no text or the whole is too long, `OSError` if the
    system does not give the main file.
    """
    return _Splicer(files, main, name, limits or Limits()).run()


class _Splicer:
    def __init__(self, files: Files, main: str, name: str, limits: Limits) -> None:
        self.files, self.main, self.home = files, main, posixpath.dirname(main)
        self.writer = Writer(name, limits.document_bytes)
        self.encoding = ""
        self.only: frozenset[str] | None = None
        self.texts: dict[str, tuple[str, int | None, Scan]] = {}
        self.packages: set[str] = set()
        self.included = 0
        self.refusals: list[Refusal] = []
        self.notes: list[str] = []
        self.has_ended = False

    def run(self) -> Bundle:
        data = self.files.read(self.main)
        self.encoding = declared_encoding(data)
        found = self._read(self.main)[2]
        if found.only is not None:
            self.only = frozenset(map(posixpath.normpath, found.only))
        self._note_subfile(found)
        self._splice(self.main, (0, found.end), self.home, (self.main,))
        return self.writer.bundle("tex", tuple(self.refusals), tuple(dict.fromkeys(self.notes)))

    def _note_subfile(self, found: Scan) -> None:
        if found.document_class == "subfiles":
            whole = found.class_options.strip() or "its main document"
            self.notes.append(
                f"the preamble of this part stands in `{whole}`: check that file to read its "
                "definitions as well"
            )

    # -- files --------------------------------------------------------------------------------

    def _label(self, path: str) -> str:
        return "" if path == self.main else posixpath.relpath(path, self.home or ".")

    def _read(self, path: str) -> tuple[str, int | None, Scan]:
        """Return text, first undecodable offset and scan of a file; known to the writer after."""
        if path not in self.texts:
            data = self.files.read(path)
            text, undecoded = decoded(data, path, declared_encoding(data) or self.encoding)
            self.texts[path] = text, undecoded, scan(text)
            self.writer.file(self._label(path), text)
        return self.texts[path]

    def _find(self, inclusion: Inclusion, folder: str, including: str) -> str | None:
        """Return the file that is meant, None if there is none.

        Looked for in the folder of `import`, beside the main file, and beside the file that
        includes it.
        """
        if inclusion.folder:
            base = folder if inclusion.is_relative else self.home
            bases = [posixpath.join(base, inclusion.folder)]
        else:
            bases = [folder, self.home, posixpath.dirname(including)]
        outside: SourceError | None = None
        for base in dict.fromkeys(bases):
            for name in candidates(inclusion):
                try:
                    path = inside(base, name)
                except SourceError as error:
                    outside = error
                    continue
                if self.files.has(path):
                    return path
        if outside is not None:
            raise outside
        return None

    # -- text ---------------------------------------------------------------------------------

    def _splice(
        self, path: str, part: tuple[int, int], folder: str, chain: tuple[str, ...]
    ) -> None:
        """Write a stretch of a file, with what it includes in its place."""
        text, undecoded, found = self._read(path)
        label, (position, end) = self._label(path), part
        for (start, after), inclusions in groupby(found.inclusions, lambda i: (i.start, i.end)):
            if self.has_ended or start < position or after > end:
                continue
            self._add(label, text, (position, start), undecoded)
            position = start
            for inclusion in inclusions:  # several if packages share a command
                if inclusion.kind == "package" and position < after:
                    self._add(label, text, (start, after), undecoded)
                    position = after
                begin = self.writer.length - (position - start)
                span = Span(begin, begin + after - start)
                if self._include(inclusion, span, path, folder, chain):
                    position = self._joined(text, after)
        if not self.has_ended:
            self._add(label, text, (position, end), undecoded)

    def _add(self, label: str, text: str, part: tuple[int, int], undecoded: int | None) -> None:
        if undecoded is not None and part[0] <= undecoded < part[1]:
            at = self.writer.length + undecoded - part[0]
            message = "these bytes are not UTF-8; they were replaced"
            self.refusals.append(Refusal(message, Span(at, at + 1), suggestion="save as UTF-8"))
        self.writer.add(label, *part)

    def _joined(self, text: str, position: int) -> int:
        """End the last line of an included file; skip the end of the line that includes it.

        To TeX both ends are one blank together, not an empty line.
        """
        rest = _REST_OF_LINE.match(text, position)
        if rest is not None and self.writer.is_at_line_start:
            return rest.end()
        if rest is None and not self.writer.is_at_line_start:
            self.writer.between("\n")
        return position

    # -- inclusions ---------------------------------------------------------------------------

    def _include(
        self, inclusion: Inclusion, span: Span, path: str, folder: str, chain: tuple[str, ...]
    ) -> bool:
        """Write what an inclusion names; tell whether it did."""
        try:
            return self._included(inclusion, span, path, folder, chain)
        except SourceError as error:
            if self.writer.length > self.writer.limit:
                raise
            self._refuse(str(error), span)
        except OSError as error:
            self._refuse(f"`{inclusion.name}` cannot be read: {error.strerror or error}", span)
        return False

    def _included(
        self, inclusion: Inclusion, span: Span, path: str, folder: str, chain: tuple[str, ...]
    ) -> bool:
        name = inclusion.name
        if inclusion.kind == "made":
            if inclusion.command not in {"usepackage", "RequirePackage", "documentclass"}:
                self._refuse(f"`{name}` is a name that a command makes: not followed", span)
            return False
        if name.startswith("|"):
            raise SourceError(f"`{name}` would run a program: never done")
        if posixpath.splitext(name)[1].lower() in _NO_TEXT:
            return False
        target = self._find(inclusion, folder, path)
        is_package = inclusion.kind == "package"
        if target is None:
            if is_package or inclusion.is_optional or _stem(name) in _DISTRIBUTED:
                return False
            tried = " or ".join(f"`{c}`" for c in candidates(inclusion))
            raise SourceError(f"the file {tried} is missing; the rest is read without it")
        if inclusion.kind == "include" and self._is_left_out(name):
            self.notes.append(rf"`\includeonly` leaves out `{target}`")
            return False
        if target in chain:
            if is_package:
                return False  # a package is loaded once
            circle = " -> ".join([*chain[chain.index(target) :], target])
            raise SourceError(f"`{target}` includes itself: {circle}")
        if len(chain) > DEPTH:
            raise SourceError(f"`{target}` stands more than {DEPTH} files deep: not read")
        self.included += 1
        if self.included > INCLUSIONS:
            raise SourceError(f"the document includes more than {INCLUSIONS} files: not read")
        chain = (*chain, target)
        if is_package or target.endswith(_PACKAGE_ENDINGS):
            return self._package(target, folder, chain)
        if inclusion.folder:
            folder = posixpath.dirname(target)
        return self._text(inclusion, target, folder, chain)

    def _is_left_out(self, name: str) -> bool:
        return self.only is not None and posixpath.normpath(name) not in self.only

    def _text(self, inclusion: Inclusion, target: str, folder: str, chain: tuple[str, ...]) -> bool:
        text, _, found = self._read(target)
        start, end = 0, found.end
        is_body = found.body >= 0 and found.document_class is not None
        if is_body:  # a document of its own: what stands before its body is not carried out
            start = found.body
        if inclusion.kind == "subfile":
            folder = posixpath.dirname(target)
        if inclusion.kind == "include":
            self.writer.between("\n\n")
        elif not self.writer.is_at_line_start:
            self.writer.between(" ")  # after a command its name must not go on
        self._splice(target, (start, end), folder, chain)
        if found.has_ended and not is_body:
            self.has_ended = True
        return True

    def _package(self, target: str, folder: str, chain: tuple[str, ...]) -> bool:
        """Write the definitions of a package, with those of the packages that it needs."""
        if target in self.packages:
            return False
        text, _, found = self._read(target)
        self.packages.add(target)
        needed = [i for i in found.inclusions if i.kind in {"package", "input"}]
        parts = definitions(text, 0, found.end)
        for start, end in parts:
            while needed and needed[0].start < start:
                self._needed(needed.pop(0), target, folder, chain)
            self.writer.between("" if self.writer.is_at_line_start else "\n")
            self.writer.add(self._label(target), start, end)
        for inclusion in needed:
            self._needed(inclusion, target, folder, chain)
        return bool(parts)

    def _needed(
        self, inclusion: Inclusion, target: str, folder: str, chain: tuple[str, ...]
    ) -> None:
        at = self.writer.length
        self._include(inclusion._replace(is_optional=True), Span(at, at), target, folder, chain)

    def _refuse(self, message: str, span: Span) -> None:
        if len(self.refusals) < INCLUSIONS:
            self.refusals.append(Refusal(message, span))


def candidates(inclusion: Inclusion) -> list[str]:
    """Return the names that LaTeX tries for an inclusion, in its order."""
    name = inclusion.name
    if inclusion.kind == "package":
        is_class = inclusion.command in {"documentclass", "LoadClass", "LoadClassWithOptions"}
        return [name + (".cls" if is_class else ".sty")]
    if inclusion.kind == "include":
        return [name + ".tex"] if not name.endswith(".tex") else [name + ".tex", name]
    return [name] if name.endswith(".tex") else [name + ".tex", name]


def _stem(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[0]
