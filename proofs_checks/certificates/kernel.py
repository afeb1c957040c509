"""The kernel judge: coqc checks a certificate, and what it assumed is read and compared.

`certified` says all of this: the file has only the commands that certificates are written in, no
axiom and no gap among them; coqc of our own library accepts it; the theorem and every lemma about
a derivative rest on no more than `ALLOWED`; read back to numbers, it says what the law says.
Everything else is `not certified`, with the reason.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from proofs_checks.certificates.agreement import disagreement
from proofs_checks.certificates.emission import Certificate
from proofs_checks.certificates.project import LIBRARY, library_files
from proofs_checks.checks.outcome import Outcome
from proofs_checks.checks.plain.jets import Unjudgeable
from theory.files import scratch_folder

__all__ = ["ALLOWED", "HOW_TO_GET_COQ", "Judgement", "Kernel", "coq_version", "refusal"]

HOW_TO_GET_COQ = (
    "coqc is not installed; on Debian: "
    "apt-get install --no-install-recommends coq libcoq-coquelicot"
)

ALLOWED = frozenset({
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "functional_extensionality_dep",
    "Classical_Prop.classic",
    "classic",
})  # fmt: skip
"""What Coq's reals rest on, functional extensionality and classical logic; nothing else."""

COMMANDS = frozenset(
    """From Section Set Variable Variables Hypothesis Definition Lemma Theorem Proof Qed Ltac Hint
    End Check Print with""".split()
)
FORBIDDEN = frozenset(
    """Admitted admit Axiom Axioms Parameter Parameters Conjecture Abort give_up Unset Load
    Declare Redirect Drop Extract Extraction Context Module Import Export Fixpoint Inductive
    Instance Canonical Coercion Notation Unsafe bypass_check native_cast_no_check
    exact_no_check vm_cast_no_check""".split()
)
ASSUMED = r"^(Closed under the global context|Axioms:(?:\n(?!Axioms:|Closed).*)*)"
OPENING = "From Proofhead Require Import Certificate."


@dataclass(frozen=True)
class Judgement:
    """What came of one certificate."""

    is_certified: bool
    reason: str = ""
    seconds: float = 0.0
    coq: str = ""
    assumptions: tuple[str, ...] = ()
    theorem: str = ""

    @property
    def status(self) -> str:
        """`certified` or `not certified`."""
        return "certified" if self.is_certified else "not certified"

    @property
    def outcome(self) -> Outcome:
        """The judge's answer, beside those of the others; a certificate that fails says nothing."""
        if not self.is_certified:
            return Outcome("kernel", None, f"not certified: {self.reason}", seconds=self.seconds)
        names = ", ".join(a.rpartition(".")[2] for a in self.assumptions) or "nothing"
        detail = f"certified by Coq {self.coq}, assuming {names}"
        return Outcome("kernel", True, detail, seconds=self.seconds)


def coq_version() -> str:
    """Return the version of the coqc at hand, "" if there is none."""
    command = shutil.which("coqc")
    if command is None:
        return ""
    said = subprocess.run([command, "--print-version"], capture_output=True, text=True, check=False)
    return said.stdout.split()[0] if said.stdout.split() else ""


def without_comments(text: str) -> str:
    """Return Coq text without its comments, which may be nested."""
    result, depth, at = [], 0, 0
    while at < len(text):
        if text.startswith("(*", at):
            depth, at = depth + 1, at + 2
        elif depth and text.startswith("*)", at):
            depth, at = depth - 1, at + 2
        else:
            if not depth:
                result.append(text[at])
            at += 1
    return "".join(result)


def refusal(text: str, theorem: str) -> str:
    """Return why the text of a certificate is refused before coqc sees it, "" if it is not."""
    bare = without_comments(text).replace('Set Default Proof Using "All".', "")
    if '"' in bare:
        return "a certificate has no strings"
    words = set(re.findall(r"[A-Za-z_][A-Za-z0-9_']*", bare.replace(OPENING, "", 1)))
    if found := sorted(words & FORBIDDEN):
        return f"`{found[0]}` has no place in a certificate"
    sentences = [s.strip() for s in re.split(r"(?<!\.)\.(?=\s|$)", bare) if s.strip()]
    imports = [s for s in sentences if s.startswith(("From", "Require"))]
    if imports != [OPENING.rstrip(".")]:
        return f"a certificate imports the library and nothing else: `{OPENING}`"
    depth = 0
    in_proof = False
    for s in sentences:
        head = re.sub(r"^#\[local\]\s*", "", s).split(None, 1)[0].rstrip(".")
        if in_proof:
            in_proof = head != "Qed"
            continue
        if head not in COMMANDS:
            return f"`{head}` is no command of a certificate"
        depth += (head == "Section") - (head == "End")
        if head in ("Variable", "Variables", "Hypothesis") and not depth:
            return f"`{head}` stands outside of the section, where it is an axiom"
        in_proof = head == "Proof"
    if in_proof or depth:
        return "a proof or a section is not closed"
    if not re.search(rf"^Theorem {re.escape(theorem)} ?:", bare, re.M):
        return f"there is no theorem `{theorem}`"
    return ""


class Kernel:
    """coqc with our library, compiled once; use it as a context manager.

    Raises `FileNotFoundError` with the way to get coqc if there is none.
    """

    def __init__(self, *, seconds: float = 120.0) -> None:
        if not coq_version():
            raise FileNotFoundError(HOW_TO_GET_COQ)
        self.coqc = shutil.which("coqc") or "coqc"
        self.version = coq_version()
        self.seconds = seconds
        self._tidying = ExitStack()
        self.folder = self._tidying.enter_context(scratch_folder())
        self._is_ready = False

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tidying.close()

    def prepare(self) -> None:
        """Compile the library, if that is not done yet."""
        if self._is_ready:
            return
        library = self.folder / "library"
        library.mkdir(exist_ok=True)
        for name, text in library_files().items():
            (library / name).write_text(text)
        for name in LIBRARY:
            done = self._run(["-R", str(library), "Proofhead", str(library / name)])
            if done.returncode:
                raise RuntimeError(f"the library does not compile: {done.stderr.strip()}")
        self._is_ready = True

    def _run(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.coqc, "-q", "-w", "none", *arguments],
            capture_output=True, text=True, timeout=self.seconds, cwd=self.folder, check=False,
        )  # fmt: skip

    def judge(self, certificate: Certificate) -> Judgement:
        """Return whether Coq's kernel accepts a certificate, and on what assumptions."""
        reason = refusal(certificate.text, certificate.theorem)
        wanted = [certificate.theorem, *certificate.lemmas]
        asked = [f"Check {certificate.theorem}.", *(f"Print Assumptions {x}." for x in wanted)]
        if not reason and not certificate.text.endswith("\n".join(["", *asked, ""])):
            reason = "it does not print its theorem and what that assumes at its end"
        if reason:
            return Judgement(False, reason, coq=self.version)
        self.prepare()
        start = time.perf_counter()
        path = self.folder / f"{certificate.theorem}.v"
        path.write_text(certificate.text)
        try:
            done = self._run(["-R", "library", "Proofhead", path.name])
        except subprocess.TimeoutExpired:
            return Judgement(
                False, f"coqc took more than {self.seconds:g} s", self.seconds, self.version
            )
        seconds = time.perf_counter() - start
        if done.returncode:
            return Judgement(False, _complaint(done.stderr), seconds, self.version)
        return self._read(certificate, done.stdout, seconds)

    def _read(self, certificate: Certificate, said: str, seconds: float) -> Judgement:
        """Read what `Check` and `Print Assumptions` said."""
        wanted = [certificate.theorem, *certificate.lemmas]
        if not said.startswith(f"{certificate.theorem}\n") and not said.startswith(
            f"{certificate.theorem} "
        ):
            return Judgement(False, "coqc did not print the theorem", seconds, self.version)
        blocks = re.findall(ASSUMED, said, re.M)
        if len(blocks) != len(wanted):
            return Judgement(False, "coqc did not print the assumptions", seconds, self.version)
        found: set[str] = set()
        for block in blocks:
            found |= set(re.findall(r"^([A-Za-z_][\w.']*)\s*:(?!=)", block, re.M)) - {"Axioms"}
            found |= set(re.findall(r"^([A-Za-z_][\w.']*)$", block, re.M))
        if extra := sorted(found - ALLOWED):
            reason = f"it rests on `{extra[0]}`, which is no axiom of Coq's reals"
            return Judgement(False, reason, seconds, self.version, tuple(sorted(found)))
        try:
            if differs := disagreement(certificate):
                reason = f"the theorem is not the law: {differs}"
                return Judgement(False, reason, seconds, self.version, tuple(sorted(found)))
        except Unjudgeable as problem:
            reason = f"the law could not be evaluated to compare the theorem with it: {problem}"
            return Judgement(False, reason, seconds, self.version, tuple(sorted(found)))
        theorem = said[: re.search(r"^(Axioms:|Closed)", said, re.M).start()]  # type: ignore[union-attr]
        return Judgement(
            True, "", seconds, self.version, tuple(sorted(found)), " ".join(theorem.split())
        )


def _complaint(said: str) -> str:
    """Return where coqc stopped and why, on one line."""
    place = re.search(r"line (\d+)", said)
    error = said.partition("Error:")[2].strip() or said.strip() or "coqc failed"
    error = " ".join(error.split())
    if "Tactic failure: sumring" in error or "No applicable tactic" in error:
        error = "the proof that was written does not go through"
    return f"coqc, line {place.group(1) if place else '?'}: {error[:160]}"
