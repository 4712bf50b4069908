"""Search texts by words with any ending: "liquidation" finds "liquidated"."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["occurs", "stem"]

_TOKEN = re.compile(r"\w+")
# The longest first. Endings that would make one word of two in this field are left out: "ity" of
# liquidity and liquidation, and the "ing" of funding, which has nothing to do with a fund.
_ENDINGS = (
    *("ations", "ements", "ation", "ating", "ement", "ates", "ated", "ings", "ions"),
    *("ate", "ing", "ion", "ies", "ied", "es", "ed", "e", "y"),
)
_WHOLE = {"funding"}
_SHORTEST = 4


def stem(word: str) -> str:
    """Return the stem that the forms of an English word have in common.

    Examples
    --------
    >>> [stem(word) for word in ("liquidation", "liquidated", "rallies", "rally", "fees", "loss")]
    ['liquid', 'liquid', 'rall', 'rall', 'fee', 'loss']
    """
    if word in _WHOLE:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    if word.endswith("s") and not word.endswith("ss") and len(word) >= _SHORTEST:
        return word.removesuffix("s")
    return word


def occurs(words: str, text: str) -> bool:
    """Tell whether a text contains all of the words, each in any form.

    Examples
    --------
    >>> occurs("liquidation rally", "Rallies liquidate shorts."), occurs("crash", "A rally.")
    (True, False)
    """
    whole = _folded(text)
    stems = {stem(token) for token in _TOKEN.findall(whole)}
    return all(word in whole or stem(word) in stems for word in _folded(words).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
