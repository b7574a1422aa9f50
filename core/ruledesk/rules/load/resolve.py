"""From a ruleset file and what it extends to one flat document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.rules.load.build import ruleset_from_document
from ruledesk.rules.load.located import located
from ruledesk.rules.load.manual import ORIGIN
from ruledesk.rules.ruleset import Ruleset
from ruledesk.toml import joined, read_toml

#: Finds an installed ruleset by name; raises `InvalidInput` with the known names.
Finder: TypeAlias = Callable[[str], Path]
#: Tables of named tables, each of which is noted with the file that it stands in.
_LOCATED: Final = ("fields", "stages", "targets", "actions", "correlations", "templates")
_DEEPEST: Final = 10


def load_ruleset(path: Path, *, find: Finder) -> Ruleset:
    """Load, resolve and check a ruleset.

    Args:
        path: A ``.toml`` file, or a folder that holds a ``ruleset.toml``.
        find: Finds the rulesets that ``extends`` names.

    Returns:
        The resolved ruleset.

    Raises:
        InvalidInput: Everything that is wrong, each with file and key path.
    """
    file = _file(path)
    document = _resolved(file, find, ())
    try:
        return ruleset_from_document(document, where=str(file))
    except InvalidInput as error:
        raise InvalidInput(*(located(one, document, str(file)) for one in error.problems)) from None


def _file(path: Path) -> Path:
    return path / "ruleset.toml" if path.is_dir() else path


def _resolved(file: Path, find: Finder, below: tuple[Path, ...]) -> dict[str, Any]:
    if file in below or len(below) >= _DEEPEST:
        chain = " → ".join(str(one) for one in (*below, file))
        raise InvalidInput.of(
            f"rulesets extend each other in a circle or too deeply ({chain})",
            f"规则集循环继承或层次过深（{chain}）",
            field=f"{file}: ruleset.extends",
        )
    document: dict[str, Any] = _marked(read_toml(file), str(file))
    for key in _LOCATED:
        if isinstance(tables := document.get(key), Mapping):
            document[key] = {
                name: {**table, ORIGIN: str(file)} if isinstance(table, Mapping) else table
                for name, table in tables.items()
            }
    head = document.get("ruleset")
    extends = head.get("extends") if isinstance(head, dict) else None
    if not isinstance(extends, str):
        return document
    return merged(_base(file, extends, find, (*below, file)), document)


def _base(file: Path, extends: str, find: Finder, below: tuple[Path, ...]) -> dict[str, Any]:
    """Load what a ruleset extends, and hold it to the version that it was pinned to."""
    where = f"{file}: ruleset.extends"
    name, _, version = extends.partition("@")
    if not extends.isprintable():
        raise InvalidInput.of("not a name or path", "名称或路径无效", field=where, value=extends)
    try:
        found = file.parent / name if name.endswith(".toml") or "/" in name else find(name)
    except InvalidInput as error:
        problem = error.problems[0]
        raise InvalidInput.of(
            problem.en, problem.zh, field=where, value=extends, accepted=problem.accepted
        ) from error
    document = _resolved(_file(found), find, below)
    head = document.get("ruleset")
    actual = head.get("version", "") if isinstance(head, Mapping) else ""
    if version and version != actual:
        raise InvalidInput.of(
            "the ruleset that is extended has another version",
            "被继承的规则集版本不符",
            field=where,
            value=extends,
            accepted=(f"{name}@{actual}",),
        )
    return document


def _marked(value: Any, origin: str) -> Any:
    """Copy a document, noting at each named thing of a list which file it stands in."""
    if isinstance(value, Mapping):
        return {key: _marked(item, origin) for key, item in value.items()}
    if isinstance(value, list):
        return [
            {**_marked(item, origin), ORIGIN: origin} if _named(item) else _marked(item, origin)
            for item in value
        ]
    return value


def _named(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("name"), str)


def merged(base: Mapping[str, Any], over: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Lay one document over another.

    Args:
        base: What is extended.
        over: What extends it: tables key by key, lists of named things by name, all else replaced.
        path: The key path of both, for errors.

    Returns:
        A new document.

    Raises:
        InvalidInput: `over` names a thing twice, or switches off what `base` does not have.
    """
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = merged(old, value, joined(path, key))
        elif isinstance(old, list) and isinstance(value, list) and all(map(_named, [*old, *value])):
            result[key] = _merged_list(old, value, joined(path, key))
        else:
            result[key] = value
    return result


def _merged_list(
    base: list[dict[str, Any]], over: list[dict[str, Any]], path: str
) -> list[dict[str, Any]]:
    by_name = {item["name"]: item for item in base}
    seen: set[str] = set()
    for given in over:
        item = {key: value for key, value in given.items() if key != "before"}
        name = item["name"]
        if name in seen:
            raise _misnamed(
                "two things of one list have this name", "同一列表中名称重复", item, path
            )
        seen.add(name)
        if "before" in given:
            by_name = _inserted(by_name, item, given["before"], path)
        elif item.get("off") is not True:
            by_name[name] = item
        elif by_name.pop(name, None) is None:
            known = suggestion(name, by_name)
            raise _misnamed("there is nothing to switch off", "没有可关闭的项", item, path, known)
    return list(by_name.values())


def _inserted(
    by_name: Mapping[str, dict[str, Any]], item: dict[str, Any], before: Any, path: str
) -> dict[str, dict[str, Any]]:
    """Put a thing where it says; under ``first`` the place in the list decides."""
    others = {name: one for name, one in by_name.items() if name != item["name"]}
    if before not in others:
        raise InvalidInput.of(
            "there is nothing of this name to stand before",
            "没有此名称的项可置于其前",
            field=f"{item.get(ORIGIN, 'ruleset')}: {path}.{item['name']}.before",
            value=before,
            accepted=suggestion(str(before), others),
        )
    placed: dict[str, dict[str, Any]] = {}
    for name, one in others.items():
        if name == before:
            placed[item["name"]] = item
        placed[name] = one
    return placed


def _misnamed(
    en: str, zh: str, item: Mapping[str, Any], path: str, accepted: tuple[str, ...] = ()
) -> InvalidInput:
    where = item.get(ORIGIN, "ruleset")
    return InvalidInput.of(en, zh, field=f"{where}: {path}", value=item["name"], accepted=accepted)
