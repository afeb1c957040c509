"""The commands of the claims language, by what they are.

One table per role; `KNOWN` is their union and the list from which a suggestion for an unknown
command is taken.  Commands are written without their backslash.
"""

from __future__ import annotations

__all__ = [
    "ACCENTS",
    "BARS",
    "BIG_OPERATORS",
    "CLOSERS",
    "CONNECTING_WORDS",
    "DEFINITIONS",
    "DROPPED",
    "DROPPED_WITH_ARGUMENT",
    "FACTORIAL",
    "FONTS",
    "FUNCTIONS",
    "FUNCTION_COMMANDS",
    "GREEK",
    "KNOWN",
    "LETTERS_OF_SUMS",
    "LOOKED_THROUGH",
    "LOOSE_OPERATORS",
    "MARKS",
    "NAMED_SYMBOLS",
    "NEEDS_BRACKETS",
    "NOTES",
    "OPENERS",
    "QUADS",
    "RELATIONS",
    "SIZES",
    "TEXTS",
    "TRANSPOSES",
    "UNSUPPORTED",
    "function_named",
]

GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega varepsilon vartheta varpi varrho varsigma varphi varkappa "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
NAMED_SYMBOLS = GREEK | frozenset(
    "ell hbar imath jmath infty Re Im aleph wp Alpha Beta Epsilon Zeta Eta Iota Kappa Mu Nu "
    "Omicron Rho Tau Chi".split()
)

# command -> font of `tree.Name`
FONTS = {
    "mathbf": "bf", "boldsymbol": "bf", "bm": "bf", "pmb": "bf", "symbf": "bf", "bf": "bf",
    "bold": "bf",
    "mathcal": "cal", "cal": "cal", "mathscr": "scr", "mathfrak": "frak", "mathbb": "bb",
    "mathds": "bb", "mathbbm": "bb", "Bbb": "bb", "mathrm": "rm", "rm": "rm",
    "operatorname": "rm", "symrm": "rm", "mathsf": "sf", "sf": "sf", "mathtt": "tt", "tt": "tt",
    "mathit": "it", "it": "it", "mathnormal": "",
}  # fmt: skip

# command -> accent of `tree.Name`; dots are derivatives by time
ACCENTS = {
    "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde", "hat": "hat",
    "widehat": "hat", "vec": "vec", "overrightarrow": "vec", "check": "check", "breve": "breve",
    "mathring": "ring", "acute": "acute", "grave": "grave", "underline": "underline",
    "dot": "dot", "ddot": "ddot",
}  # fmt: skip

# A word in an upright font (lower case, no hyphens or blanks) -> the function it names.
FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "sqrt": "sqrt", "tanh": "tanh", "sinh": "sinh",
    "cosh": "cosh", "sech": "sech", "sigmoid": "sigmoid", "sigm": "sigmoid",
    "logistic": "sigmoid", "softmax": "softmax", "softargmax": "softmax",
    "logsoftmax": "log_softmax", "lse": "lse", "logsumexp": "lse", "var": "var",
    "variance": "var", "cov": "cov", "covariance": "cov", "kl": "kl", "dkl": "kl",
    "diag": "diag", "tr": "tr", "trace": "tr", "rowsum": "rowsum", "colsum": "colsum",
    "rowmax": "rowmax",
    "entropy": "entropy", "expectation": "expectation", "order": "order", "det": "det",
    "max": "max", "min": "min", "relu": "relu", "softplus": "softplus", "vec": "vec",
    "sum": "total", "mean": "mean",
}  # fmt: skip
FUNCTION_COMMANDS = {
    "exp": "exp", "log": "log", "ln": "log", "tanh": "tanh", "sinh": "sinh", "cosh": "cosh",
    "sech": "sech", "tr": "tr", "Tr": "tr", "diag": "diag", "softmax": "softmax",
    "Var": "var", "Cov": "cov", "KL": "kl", "det": "det", "max": "max", "min": "min",
}  # fmt: skip
# Functions that people also spell in plain letters, right before a bracket.
PLAIN_FUNCTIONS = frozenset(
    "exp log ln sin cos tanh sinh cosh softmax Softmax sigmoid relu ReLU softplus max min diag "
    "tr Tr trace det KL".split()
)
# ... of which these are no products of letters before an operand without a bracket either.
BARE_FUNCTIONS = frozenset(["exp", "log", "ln"])
# Words that begin with a d and are no differential.
WORDS_WITH_D = frozenset("det dim diag div dom dist data dual dec deg den diff dir".split())
# Words spelled in plain letters between equations.
SPELLED = tuple("when where whenever otherwise because and for then with constant".split())
# Words that bind an index below them.
BIG_WORDS = {"max": "max", "min": "min", "argmax": "argmax", "argmin": "argmin", "sup": "sup",
             "inf": "inf", "lim": "lim"}  # fmt: skip
# Functions that take a distribution as their subscript.
MOMENTS = frozenset(("expectation", "var", "cov"))
# Functions whose subscript says over which index they run.
OVER_AN_INDEX = frozenset(("softmax", "log_softmax", "lse"))
DOTS = frozenset("dots ldots cdots dotsc dotsb dotsm vdots ddots".split())
# Functions whose argument papers put in brackets, always: `\mathrm{softmax} s_i` is refused.
NEEDS_BRACKETS = frozenset(
    "softmax log_softmax lse total mean var cov kl rowsum colsum rowmax entropy expectation "
    "order".split()
)

BIG_OPERATORS = {
    "sum": "sum", "prod": "prod", "int": "int", "lim": "lim", "sup": "sup", "inf": "inf",
    "argmax": "argmax", "argmin": "argmin",
}  # fmt: skip

# Letters in place of a big operator, where they have its bounds: \Sigma_{i=1}^n.
LETTERS_OF_SUMS = {"Sigma": "sum", "Pi": "prod"}

# Looser than writing side by side.
LOOSE_OPERATORS = {
    "cdot": "cdot", "times": "times", "odot": "odot", "otimes": "otimes", "circ": "circ",
    "ast": "ast", "*": "ast", "bullet": "cdot",
}  # fmt: skip

# What stands between the two sides of an equation ...
DEFINITIONS = frozenset(
    [":=", "=:", "coloneqq", "coloneq", "eqqcolon", "equiv", "triangleq", "defeq", "eqdef"]
    + ["doteq", "overset-def"]
)
# ... and in conditions and bounds: spelling -> relation of `tree.Compare`.
RELATIONS = {
    "=": "=", "ne": "!=", "neq": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">", "le": "<=",
    "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "in": "in",
    "sim": "~",
}  # fmt: skip
# Relations that are not judged.
UNSUPPORTED_RELATIONS = frozenset(
    "approx propto simeq cong ll gg subset subseteq supset supseteq notin ni to rightarrow "
    "leftarrow mapsto longrightarrow longmapsto Rightarrow Longrightarrow implies iff impliedby "
    "Leftrightarrow leftrightarrow xrightarrow prec succ preceq succeq asymp gtrsim lesssim "
    "gtrless mid perp approxeq leftarrow Leftarrow uparrow downarrow therefore because "
    "models vdash lesssim setminus += -=".split()
)

FACTORIAL = "factorial"
"""The name of n! as a function of n."""

# Short words above a symbol; longer ones are no products of letters either.
SUPERSCRIPTS = frozenset(
    "new old ref true prev next out inp pos neg max min opt est obs qk kv qkv eff tot".split()
)
TRANSPOSES = frozenset(["top", "intercal", "transpose", "tran"])
MARKS = {"*": "*", "+": "+", "star": "*", "ast": "*", "dagger": "dagger", "dag": "dagger",
         "ddagger": "ddagger", "sharp": "sharp", "circ": "circ", "-": "-", "natural": "natural",
         "flat": "flat", "diamond": "diamond"}  # fmt: skip

QUADS = frozenset(["quad", "qquad", "enspace", "hfill", "hspace"])
SIZES = frozenset(
    a + b for a in ("big", "Big", "bigg", "Bigg") for b in ("", "l", "r", "m")
) | {"left", "right", "middle"}  # fmt: skip
DROPPED = frozenset(
    ", ; : ! > / displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber "
    "notag thinspace medspace thickspace negthinspace negmedspace negthickspace hfil allowbreak "
    "newline displaybreak nobreak nobreakspace mathstrut strut relax space hline scriptsize small "
    "footnotesize normalsize large noindent centering qed qedhere cr protect bigskip medskip "
    "smallskip par linebreak pagebreak newpage break null".split()
) | {" ", "\n", "\t", "\r"}  # fmt: skip
DROPPED_WITH_ARGUMENT = frozenset(
    "phantom hphantom vphantom vspace color cite citep citet ref eqref cref Cref autoref "
    "footnote mspace hypertarget footnotemark".split()
)
# Shown around their argument and without meaning: command -> how many arguments come before.
LOOKED_THROUGH = {
    "boxed": 0, "fbox": 0, "Aboxed": 0, "smash": 0, "ensuremath": 0, "mathord": 0, "mathop": 0,
    "mathrel": 0, "mathbin": 0, "mathopen": 0, "mathclose": 0, "mathpunct": 0, "mathinner": 0,
    "mathclap": 0, "mathllap": 0, "mathrlap": 0, "clap": 0, "textcolor": 1, "colorbox": 1,
    "cancel": 0, "bcancel": 0, "xcancel": 0, "sout": 0, "fcolorbox": 2, "raisebox": 1,
    "mathcolor": 1, "highlight": 0, "bbox": 0,
}  # fmt: skip
# Looked through together with the note attached below or above.
NOTES = frozenset("underbrace overbrace underbracket overbracket underparen overparen".split())
# Words with which a remark beside an equation begins, and which name no quantity.
CONNECTING_WORDS = frozenset(
    "if for when whenever provided assuming given such all any each every unless except and where "
    "with so thus hence then while since because or i.e. by using from as in on to otherwise else "
    "elsewhere that which we have also but therefore namely e.g. see cf is are implies gives "
    "note recall here it its this these".split()
)
TEXTS = frozenset(
    "text mbox hbox textrm textnormal textit textbf textsf texttt textup textsc intertext "
    "shortintertext emph".split()
)

OPENERS = {"(": ")", "[": "]", "lbrack": "]", "{": "}", "lbrace": "}", "langle": ">",
           "lfloor": "floor", "lceil": "ceil", "lvert": "|", "lVert": "||"}  # fmt: skip
CLOSERS = {")": ")", "]": "]", "rbrack": "]", "}": "}", "rbrace": "}", "rangle": ">",
           "rfloor": "floor", "rceil": "ceil", "rvert": "|", "rVert": "||"}  # fmt: skip
BARS = {"|": "|", "vert": "|", "Vert": "||", "||": "||", "parallel": "||"}

# Understood, and outside the language: the reason that is given.
UNSUPPORTED = {
    "iint": "integrals are not in the claims language",
    "oint": "integrals are not in the claims language",
    "pm": "a double sign is two equations; write each of them",
    "mp": "a double sign is two equations; write each of them",
    "bigcup": "unions are not in the claims language",
    "bigcap": "intersections are not in the claims language",
    "sin": "trigonometric functions are not in the claims language",
    "cos": "trigonometric functions are not in the claims language",
    "tan": "trigonometric functions are not in the claims language",
    "coth": "this function is not in the claims language",
    "Pr": "probabilities of events are not in the claims language",
    "%": "a percent sign is not in the claims language",
    "#": "this sign is not in the claims language",
    "&": "this sign is not in the claims language",
    "$": "this sign is not in the claims language",
    "_": "`\\_` shows an underscore; a subscript is written `_`",
}

KNOWN = (
    NAMED_SYMBOLS
    | FONTS.keys()
    | ACCENTS.keys()
    | FUNCTION_COMMANDS.keys()
    | BIG_OPERATORS.keys()
    | LOOSE_OPERATORS.keys()
    | DEFINITIONS
    | RELATIONS.keys()
    | UNSUPPORTED_RELATIONS
    | UNSUPPORTED.keys()
    | TRANSPOSES
    | MARKS.keys()
    | QUADS
    | SIZES
    | DROPPED
    | DROPPED_WITH_ARGUMENT
    | LOOKED_THROUGH.keys()
    | NOTES
    | TEXTS
    | OPENERS.keys()
    | CLOSERS.keys()
    | BARS.keys()
    | frozenset(
        "frac dfrac tfrac cfrac nicefrac sfrac sqrt surd partial nabla prime underset overset "
        "stackrel substack label tag not colon vcentcolon forall begin end mkern kern hskip mskip "
        "bigtriangledown triangledown bigtriangleup triangle "
        "dd diff cases align aligned equation over land wedge otherwise | { }".split()
    )
)


def function_named(word: str) -> str | None:
    """Return the function that a word in an upright font names, or None."""
    return FUNCTIONS.get(word.lower().translate(_NO_JOINTS))


_NO_JOINTS = {ord(c): None for c in "-_\\ ,~"}
