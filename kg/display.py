"""Make text readable for people: LaTeX left-overs and characters that play tricks.

For display only. Offsets count the text as read, so nothing that counts may go through here.
"""

import re
import unicodedata

__all__ = ["tidy"]

_TABLE = """
times × cdot · pm ± mp ∓ infty ∞ approx ≈ sim ~ simeq ≃ leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ ll ≪ gg ≫
rightarrow → to → leftarrow ← Rightarrow ⇒ leftrightarrow ↔ uparrow ↑ downarrow ↓ mapsto ↦
in ∈ notin ∉ subset ⊂ subseteq ⊆ cup ∪ cap ∩ forall ∀ exists ∃ partial ∂ nabla ∇ sum ∑ prod ∏ sqrt √
propto ∝ equiv ≡ circ ∘ ast * star ⋆ dagger † ell ℓ ldots … dots … cdots … textbar | mid | otimes ⊗
alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ
mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ
Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω log log exp exp min min max max
"""
_SYMBOLS = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))
# The mark of a LaTeX accent and the combining character that it stands for.
_ACCENTS = dict(
    zip(
        "\"'`^~=.cvHu",
        "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0327\u030c\u030b\u0306",
        strict=True,
    )
)
# Daily Papers pages have lost the backslash; these are no English words, so they are plain so too.
_BARE = ("infty", "leq", "geq", "neq", "rightarrow", "leftarrow", "varepsilon", "cdot")
_STYLES = (
    *("textbf", "textit", "texttt", "textsc", "textrm", "textsf", "textsuperscript"),
    *("emph", "mathbf", "mathcal", "mathbb", "mathrm", "mathit", "mathsf", "mathtt", "boldsymbol"),
    *("textsubscript", "underline", "url", "operatorname", "mbox", "text"),
)
# Bidirectional controls (UAX 9), blanks without width, and controls that no XML may hold.
_TRICKS = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_STYLED = re.compile(rf"\\?\b(?:{'|'.join(_STYLES)})\s?\{{([^{{}}]*)\}}")
_SYMBOL = re.compile(rf"\\({'|'.join(sorted(_SYMBOLS, key=len, reverse=True))})(?![A-Za-z])")
_BARE_SYMBOL = re.compile(rf"(?<![A-Za-z\\])({'|'.join(_BARE)})(?![A-Za-z])")
# Pandoc's rule for tex_math_dollars tells a formula from an amount of money.
_FORMULA = re.compile(r"(?<!\\)\$(?!\s)([^$\n]{1,200})(?<!\s)(?<!\\)\$(?!\d)")
_OLD_STYLE = re.compile(r"\{\\(?:bf|it|em|tt|sc|rm)\s+([^{}]*)\}")
_ACCENT = re.compile(r"\\(?:([\"'`^~=.])\s?\{?|([cvHu])\{)\\?([A-Za-z])\}?")
# What is left of {\\tau}, and of {epsilon} where the backslash is lost.
_LETTERS = sorted((name for name, sign in _SYMBOLS.items() if sign != name), key=len, reverse=True)
_BRACED = re.compile(rf"\{{({'|'.join(_LETTERS)}|[^\W\d_]|[^\w\s{{}}\\])\}}")
_OPENING = re.compile(r"(?<![^\s(\[])(?:``|'')(?=\w)|``")
_ESCAPED = re.compile(r"\\([%&#_{}$])")
_SPACES = re.compile(r"\\[,;:! ]")
# Without one of these no step does anything.
_UNTIDY = re.compile(rf"[\\{{$`]|''|---|{_BARE_SYMBOL.pattern}")
_POWERS = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")


def tidy(text: str) -> str:
    r"""Return *text* as a person would like to read it; tidying twice changes nothing.

    >>> tidy(r"We are 2$\times$ faster at 5\% cost, ``really''.")
    'We are 2× faster at 5% cost, “really”.'
    >>> tidy("a textbf{bold} step as n goes to infty")
    'a bold step as n goes to ∞'
    """
    text = _TRICKS.sub("", text)
    while _UNTIDY.search(text) and (tidied := _tidy_once(text)) != text:
        text = tidied
    return text


def _tidy_once(text: str) -> str:
    # No step makes the text longer, and each turns LaTeX into what it does not match: this ends.
    text = _STYLED.sub(r"\1", text)
    text = _OLD_STYLE.sub(r"\1", text)
    text = _FORMULA.sub(_formula, text)
    text = _ACCENT.sub(_accent, text)
    text = _SYMBOL.sub(lambda found: _SYMBOLS[found[1]], text)
    text = _BARE_SYMBOL.sub(lambda found: _SYMBOLS[found[1]], text)
    text = _BRACED.sub(lambda found: _SYMBOLS.get(found[1], found[1]), text)
    text = _SPACES.sub(" ", _ESCAPED.sub(r"\1", text))
    return _OPENING.sub("“", text).replace("''", "”").replace("---", "—")


def _accent(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[3] + _ACCENTS[found[1] or found[2]])


def _formula(found: re.Match[str]) -> str:
    text = re.sub(r"\^\{?([0-9n+-]+)\}?", lambda power: power[1].translate(_POWERS), found[1])
    return re.sub(r"(?<!\\)[{}]", "", _STYLED.sub(r"\1", text))
