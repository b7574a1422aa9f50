"""The short pieces of a text that an index of substrings is made of.

At each place of a text begins one gram: four characters where the first is an ASCII letter or digit
(they are few), else two (a Chinese word is often two characters). What is sought is found by the
grams that lie wholly in it; what is shorter than a gram, by the grams that begin with it. The text
itself is always looked at afterwards, so an index may find too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

#: More than that many different grams are not indexed; such a text is looked at in every search.
MOST: Final = 20_000
#: The gram of texts that have too many.
EVERY: Final = "\uf8ff"
#: More grams of what is sought do not make a search quicker.
_ENOUGH: Final = 5
#: A gram that one text in so many has is frequent.
_FREQUENT: Final = 20

# What no database takes as text: NUL and lone surrogates.
_ODD: Final = re.compile("[\x00\ud800-\udfff]")

# Spaces and signs become letters of a private area: FTS5's tokenizer ``ascii`` takes them for parts
# of a word, and no query language for its own signs.
_PLAIN: Final = {code: 0xE000 + code for code in range(128) if not chr(code).isalnum()}
_GRAM: Final = re.compile("(?=([\x00-\x7f].{0,3}|[^\x00-\x7f].?))", re.DOTALL)


def searchable(text: str) -> str:
    """Write text so that every database takes it, and a part of it stays a part of it."""
    return _ODD.sub(lambda odd: chr(0xF0000 + ord(odd[0])), text)


def grams(text: str) -> list[str]:
    """Cut a text into its grams.

    Args:
        text: Case-folded text.

    Returns:
        The grams, each once; at the end of the text shorter ones.
    """
    found = set(_GRAM.findall(text.translate(_PLAIN)))
    return [EVERY] if len(found) > MOST else list(found)


def sought_grams(sought: str, sample: Iterable[str] = ()) -> tuple[list[str], str]:
    """Cut what is sought into grams.

    Args:
        sought: Case-folded text, not empty.
        sample: Some of the texts; grams that are in few of them are preferred, and those that are
            in many are left out, so that the beginning of a number costs nothing.

    Returns:
        The grams that a text must have, and, where there are none, how one of its grams begins.
    """
    plain = sought.translate(_PLAIN)
    whole = [gram for gram in _GRAM.findall(plain) if len(gram) == (4 if gram[0] < "\x80" else 2)]
    found = list(dict.fromkeys(whole))
    texts = [text.translate(_PLAIN) for text in sample]
    often = {gram: sum(gram in text for text in texts) for gram in found}
    found.sort(key=often.__getitem__)
    frequent = len(texts) // _FREQUENT
    rare = [gram for gram in found if often[gram] <= frequent]
    return (rare or found)[:_ENOUGH], "" if found else plain


def sqlite_terms(text: str) -> str:
    """Write a text's grams as what FTS5 is to index."""
    return " ".join(grams(text))


def postgresql_terms(text: str) -> str:
    """Write a text's grams as an array of PostgreSQL; there is no sign in them to be escaped."""
    return '{"' + '","'.join(grams(text)) + '"}' if text else "{}"


def sqlite_match(sought: str, sample: Iterable[str] = ()) -> str:
    """Write the FTS5 query for what is sought."""
    whole, beginning = sought_grams(sought, sample)
    if beginning:
        return f'"{beginning}" * OR "{EVERY}"'
    conjunction = " AND ".join(f'"{gram}"' for gram in whole)
    return f'({conjunction}) OR "{EVERY}"'


def postgresql_query(sought: str, sample: Iterable[str] = ()) -> str:
    """Write the tsquery for what is sought."""
    whole, beginning = sought_grams(sought, sample)
    if beginning:
        return f"'{beginning}':* | '{EVERY}'"
    conjunction = " & ".join(f"'{gram}'" for gram in whole)
    return f"({conjunction}) | '{EVERY}'"


__all__ = [
    "EVERY",
    "MOST",
    "grams",
    "postgresql_query",
    "postgresql_terms",
    "searchable",
    "sought_grams",
    "sqlite_match",
    "sqlite_terms",
]
