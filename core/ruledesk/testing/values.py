"""Hypothesis strategies for the values of the model, derived from their declared types.

Texts hold no NUL and no lone surrogates unless asked for: not every database can keep those.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ruledesk.model.action import Body
from ruledesk.model.event import BODIES, Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Status, Ticket
from ruledesk.model.values import Value

_VALUES = Mapping[str, Value]


def instants() -> SearchStrategy[datetime]:
    """Aware instants in UTC, from 2000 to 2100, some with microseconds."""
    return st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def texts(*, strange: bool = False) -> SearchStrategy[str]:
    """Texts in several scripts; `strange` ones may hold NUL and lone surrogates."""
    if strange:
        return st.text(max_size=20).map(_without_pairs)
    return st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
    ) | st.sampled_from(["冰箱不制冷", 'a"b\\c', "line\nbreak", "\u2028", "😀"])


def values() -> SearchStrategy[Value]:
    """What a field of a ticket may hold."""
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
        instants(),
        texts(),
        st.lists(texts(), max_size=3).map(tuple),
    )


@cache
def of_type(type_: Any) -> SearchStrategy[Any]:
    """Derive a strategy from a type that the model uses.

    Args:
        type_: A class of the model or an annotation in one of them.
    """
    simple = {
        str: texts(),
        int: st.integers(0, 10**6),
        float: st.floats(0, 10**6),
        bool: st.booleans(),
        datetime: instants(),
        type(None): st.none(),
    }
    if type_ in simple:
        return simple[type_]
    if isinstance(type_, type) and issubclass(type_, Enum):
        return st.sampled_from(type_)
    if isinstance(type_, type) and attrs.has(type_):
        return _built(type_)
    if type_ == _VALUES:
        return st.dictionaries(texts(), values(), max_size=3)
    return _generic(get_origin(type_), get_args(type_))


def requesters() -> SearchStrategy[Requester]:
    """Requesters."""
    return of_type(Requester)


def calls() -> SearchStrategy[Call]:
    """Calls."""
    return of_type(Call)


def tickets() -> SearchStrategy[Ticket]:
    """Tickets with any values, also such as no history would lead to."""
    return of_type(Ticket)


def deliveries() -> SearchStrategy[Delivery]:
    """Deliveries in any state."""
    return of_type(Delivery)


def bodies() -> SearchStrategy[Body]:
    """What events say, of every kind."""
    return st.sampled_from(sorted(BODIES)).flatmap(
        lambda kind: of_type(cast("Hashable", BODIES[kind]))
    )


def events() -> SearchStrategy[Event]:
    """Events of every kind."""
    return st.builds(
        Event,
        ticket=texts(),
        version=st.integers(1, 10**6),
        at=instants(),
        actor=st.sampled_from(["requester", "system", "agent:A1"]),
        body=bodies(),
        status=st.none() | st.sampled_from(Status),
    )


def _built(cls: type[Any]) -> SearchStrategy[Any]:
    fields = attrs.fields(attrs.resolve_types(cls))
    required = {f.alias: of_type(f.type) for f in fields if f.default is attrs.NOTHING}
    optional = {f.alias: of_type(f.type) for f in fields if f.default is not attrs.NOTHING}
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: cls(**given))


def _generic(origin: Any, arguments: tuple[Any, ...]) -> SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in {Union, UnionType}:
        return st.one_of(*map(of_type, arguments))
    if origin is frozenset:
        return st.frozensets(of_type(arguments[0]), max_size=3)
    if origin is Mapping:
        return st.dictionaries(of_type(arguments[0]), of_type(arguments[1]), max_size=3)
    if origin is tuple and Ellipsis in arguments:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of_type, arguments))
    raise TypeError(f"no strategy for {origin}{arguments}")


def _without_pairs(text: str) -> str:
    """Join surrogates that form a pair, as JSON does."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
