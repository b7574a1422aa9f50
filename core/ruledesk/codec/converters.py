"""The cattrs converters: strict about types, silent about defaults, generated once.

Two converters read: a fast one, and one with detailed validation that is asked only after the
fast one failed, to find out where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import GenericAlias
from typing import Any, Literal, TypeAlias, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn

from ruledesk.codec.faults import WrongValue
from ruledesk.codec.values import (
    time_from_text,
    time_to_text,
    values_from_dict,
    values_to_dict,
)
from ruledesk.model.ticket import Status
from ruledesk.model.values import Value

Hook: TypeAlias = Callable[[Any, Any], Any]
_VALUES = Mapping[str, Value]


def _text(value: Any, _type: Any) -> str:
    if type(value) is str:
        return value
    raise WrongValue("is no text", "不是文本", value, ("text",))


def _whole(value: Any, _type: Any) -> int:
    if type(value) is int:
        return value
    raise WrongValue("is no whole number", "不是整数", value, ("whole number",))


def _number(value: Any, _type: Any) -> float:
    if type(value) is float or type(value) is int:
        return float(value)
    raise WrongValue("is no number", "不是数字", value, ("number",))


def _flag(value: Any, _type: Any) -> bool:
    if type(value) is bool:
        return value
    raise WrongValue("is neither true nor false", "不是真或假", value, ("true", "false"))


def _status(value: Any, _type: Any) -> Status:
    try:
        return Status(value)
    except ValueError:
        raise WrongValue("is no status", "不是状态", value, [s.value for s in Status]) from None


def _literal(value: Any, type_: Any) -> Any:
    accepted = get_args(type_)
    if value in accepted:
        return value
    raise WrongValue("is not one of the known words", "不是已知的词", value, accepted)


def writer() -> Converter:
    """Make the converter that writes: plain JSON types, attributes at their default left out."""
    converter = Converter(omit_if_default=True)
    converter.register_unstructure_hook(datetime, time_to_text)
    converter.register_unstructure_hook(Status, str)
    converter.register_unstructure_hook_func(_is_set, sorted)
    converter.register_unstructure_hook_func(lambda t: t == tuple[str, ...], list)
    converter.register_unstructure_hook_func(_is_values, values_to_dict)
    return converter


def reader(*, detailed: bool) -> Converter:
    """Make a converter that reads; with `detailed` it collects every fault with its path."""
    converter = Converter(detailed_validation=detailed, forbid_extra_keys=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(datetime, time_from_text)
    converter.register_structure_hook(Status, _status)
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_factory(attrs.has, _object_factory)
    converter.register_structure_hook_factory(_is_mapping, _mapping_factory)
    converter.register_structure_hook_factory(_is_list, _list_factory)
    converter.register_structure_hook_func(_is_values, values_from_dict)
    return converter


def _is_values(type_: Any) -> bool:
    return bool(type_ == _VALUES)


def _is_set(type_: Any) -> bool:
    return get_origin(type_) in {frozenset}


def _is_literal(type_: Any) -> bool:
    return get_origin(type_) in {Literal}


def _is_mapping(type_: Any) -> bool:
    return get_origin(type_) is Mapping


def _is_list(type_: Any) -> bool:
    return get_origin(type_) in {tuple, frozenset}


def _object_factory(cls: Any, converter: Converter) -> Hook:
    inner = make_dict_structure_fn(
        attrs.resolve_types(cls),
        converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=converter.detailed_validation,
    )

    def read(value: Any, type_: Any) -> Any:
        if type(value) is not dict:
            raise WrongValue("is no object", "不是对象", value, ("an object",))
        return inner(value, type_)

    return read


def _mapping_factory(type_: Any, converter: Converter) -> Hook:
    plain: Any = GenericAlias(dict, get_args(type_))
    inner = converter.get_structure_hook(plain)

    def read(value: Any, _type: Any) -> Any:
        if type(value) is not dict:
            raise WrongValue("is no object", "不是对象", value, ("an object",))
        return inner(value, plain)

    return read


def _list_factory(type_: Any, converter: Converter) -> Hook:
    """Read a JSON list as tuple or set; without this a text would be taken letter by letter."""
    made: Any = get_origin(type_)
    arguments = get_args(type_)
    length = len(arguments) if made is tuple and Ellipsis not in arguments else None
    plain: Any = GenericAlias(list, arguments[:1])
    inner = converter.get_structure_hook(plain)

    def read(value: Any, _type: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise WrongValue("is no list", "不是列表", value, ("a list",))
        if length is not None and len(value) != length:
            raise WrongValue("has the wrong length", "长度错误", value, (f"{length} items",))
        return made(inner(value, plain))

    return read
