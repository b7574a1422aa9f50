"""Mails in a Maildir, where a mail server delivers them: ``new/`` until read, then ``cur/``."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Final

from ruledesk import Fetched, InvalidInput, Problem, RawInput

_LOGGER: Final = logging.getLogger("ruledesk.intake")
#: What an input from a mailbox is.
MAIL: Final = "message/rfc822"
#: Mark of a mail that was read, as mail programs write it.
_SEEN: Final = ":2,S"


class Maildir:
    """One folder of mails.

    Args:
        path: The folder, with ``new``, ``cur`` and ``tmp`` in it.
        where: The key path of the setting that names it, for errors.
    """

    def __init__(self, path: Path, where: str) -> None:
        self.path = path
        self._where = where

    def problem(self) -> Problem | None:
        """Say why no mail can be fetched from it; None where it can."""
        missing = [name for name in ("new", "cur", "tmp") if not (self.path / name).is_dir()]
        if not self.path.is_dir():
            en, zh = "no such folder", "文件夹不存在"
        elif missing:
            names = ", ".join(missing)
            en, zh = f"no Maildir: without {names}", f"不是 Maildir：缺少 {names}"
        elif not os.access(self.path / "new", os.R_OK | os.W_OK | os.X_OK):
            en, zh = "mails cannot be read and moved here", "无权读取和移动此处的邮件"
        else:
            return None
        accepted = ("a Maildir that exists; `mkdir -p DIR/new DIR/cur DIR/tmp` makes one",)
        return Problem(en, zh, self._where, str(self.path), accepted)

    def fetch(self) -> Iterator[Fetched]:
        """Yield the mails that are new, oldest first.

        A file that cannot be read is yielded as a mail that says so, and stays where it is.

        Raises:
            InvalidInput: The folder is not there, or is no Maildir.
        """
        problem = self.problem()
        if problem is not None:
            raise InvalidInput(problem)
        # Names begin with the time of delivery; a mail that begins with a dot is not complete.
        new = self.path / "new"
        names = sorted(name for name in os.listdir(new) if not name.startswith("."))
        for name in names:
            path = new / name
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue  # somebody else has read it meanwhile
            except OSError as error:
                _LOGGER.error("mail %s cannot be read: %s", path, error)  # noqa: TRY400
                yield Fetched(RawInput(_unreadable(path, error), MAIL), _left_there, str(path))
            else:
                yield Fetched(RawInput(content, MAIL), _Reading(path), str(path))


class _Reading:
    """Marks one mail as read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> None:
        name = self._path.name
        read = self._path.parent.parent / "cur" / (name if ":2," in name else name + _SEEN)
        try:
            self._path.rename(read)
        except FileNotFoundError:
            if read.parent.is_dir() and not self._path.exists():
                return  # who took over from us has received it, too, and marked it
            raise


def _left_there() -> None:
    """An unreadable file is fetched once it can be read; its ticket is made only once."""


def _unreadable(path: Path, error: OSError) -> bytes:
    """Write the mail that stands for an unreadable one: the same for the same file."""
    mail = EmailMessage()
    mail["Subject"] = f"Unreadable mail file 无法读取的邮件文件: {path.name}"
    name = sha256(os.fsencode(path)).hexdigest()[:32]
    mail["Message-ID"] = f"<{name}@unreadable.ruledesk.invalid>"
    said = error.strerror or type(error).__name__
    mail.set_content(
        f"A mail was delivered, and its file cannot be read: {said}\n"
        f"邮件已送达，但其文件无法读取：{said}\n\n{path}\n"
    )
    return mail.as_bytes()


__all__ = ["MAIL", "Maildir"]
