"""The words of backup files: names of members, the manifest.

A backup is a gzipped tar file. First ``ruledesk-backup.json``: what it is. Then, in the order of a
snapshot, ``<kind>/<n>.jsonl`` with a record a line, and ``blobs/<ab>/<sha256>`` with the bytes of
each blob. Last ``manifest.json``: how many records of each kind there are, their digest, and the
SHA-256 of every other member (of a blob it is its name).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from ruledesk.errors import InvalidInput
from ruledesk.storage.record_lines import KINDS

#: The version of the format; a reader refuses newer ones.
FORMAT: Final = 1
HEAD: Final = "ruledesk-backup.json"
MANIFEST: Final = "manifest.json"
#: A member with lines is ended at about this many bytes.
PART: Final = 4 << 20
_LINES: Final = re.compile(r"(?P<kind>[a-z]+)/\d{6,}\.jsonl")
_BLOB: Final = re.compile(r"blobs/[0-9a-f]{2}/(?P<name>[0-9a-f]{64})")


@frozen
class Manifest:
    """What a backup says of itself.

    Attributes:
        made_at: When the backup was begun, aware.
        version: The version of RuleDesk that made it.
        counts: How many records of each kind it holds.
        digest: The digest over all of them; see `ruledesk.storage.tally.Tally.digest`.
        members: SHA-256 in hex of each member with lines, by name.
    """

    made_at: datetime
    version: str
    counts: Mapping[str, int]
    digest: str
    members: Mapping[str, str] = field(factory=dict)


def lines_name(kind: str, number: int) -> str:
    """Name a member with lines, counted from 1 within its kind."""
    return f"{kind}/{number:06d}.jsonl"


def blob_name(sha256: str) -> str:
    """Name the member of a blob."""
    return f"blobs/{sha256[:2]}/{sha256}"


def kind_of_lines(member: str) -> str:
    """Return the kind of records that a member holds line by line; empty where it is none."""
    found = _LINES.fullmatch(member)
    return found["kind"] if found and found["kind"] in KINDS else ""


def blob_of(member: str) -> str:
    """Return the name of the blob that a member is; empty where it is none."""
    found = _BLOB.fullmatch(member)
    return found["name"] if found else ""


def manifest_data(manifest: Manifest) -> dict[str, Any]:
    """Write a manifest as plain JSON data."""
    return {
        "format": FORMAT,
        "made_at": manifest.made_at.isoformat(),
        "ruledesk": manifest.version,
        "counts": dict(manifest.counts),
        "digest": manifest.digest,
        "members": dict(manifest.members),
    }


def manifest_from_data(data: Any, where: str) -> Manifest:
    """Read a manifest.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return Manifest(
            datetime.fromisoformat(data["made_at"]),
            str(data["ruledesk"]),
            {kind: int(data["counts"][kind]) for kind in KINDS},
            str(data["digest"]),
            {str(name): str(digest) for name, digest in data["members"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged("its manifest cannot be read", "清单无法读取", where) from None


def check_format(data: Any, where: str) -> None:
    """Refuse what is no backup, or a newer one than this version reads.

    Args:
        data: The content of the member `HEAD`.
        where: The file.

    Raises:
        InvalidInput: It is refused.
    """
    version = data.get("format") if isinstance(data, dict) else None
    if type(version) is not int or version < 1:
        raise no_backup(where)
    if version > FORMAT:
        raise InvalidInput.of(
            "was made by a newer version of RuleDesk; nothing was written",
            "由更新版本的 RuleDesk 生成，未写入任何内容",
            field=where,
            value=version,
            accepted=tuple(map(str, range(1, FORMAT + 1))),
        )


def no_backup(where: str) -> InvalidInput:
    """Make the error for a file that is something else."""
    return InvalidInput.of(
        "is no backup of RuleDesk", "不是 RuleDesk 备份文件", field=where,
        accepted=("a file made by `ruledesk storage backup`",),
    )  # fmt: skip


def damaged(en: str, zh: str, where: str) -> InvalidInput:
    """Make the error for a backup that is not whole."""
    return InvalidInput.of(
        f"is damaged: {en}; nothing was written", f"已损坏：{zh}，未写入任何内容", field=where
    )
