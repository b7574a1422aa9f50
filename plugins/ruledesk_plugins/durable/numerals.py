"""Numbers as the C engine reads them."""

from __future__ import annotations


def dotted(value: float) -> str:
    """Write a finite float so that the engine reads it: with a dot, exact to the last bit.

    Args:
        value: A finite float.

    Returns:
        ``1.0e+16`` for 1e16, ``0.1`` for 0.1.
    """
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def numeral(value: int | float) -> str:
    """Write an integer or a finite float."""
    return dotted(value) if isinstance(value, float) else str(value)
