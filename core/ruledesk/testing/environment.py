"""A Python of its own to install a plugin into, for tests of its packaging."""

from __future__ import annotations

import os
import shlex
import subprocess
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from attrs import frozen

_SECONDS: Final = 300
_COMMAND: Final = """\
#!/bin/sh
exec {python} -c 'import sys; from ruledesk.cli import main; sys.exit(main())' "$@"
"""


class CommandError(AssertionError):
    """A command of an environment failed; the message is what it printed."""


@frozen
class Environment:
    """A virtual environment that also sees everything that the running Python sees.

    Attributes:
        folder: Where it lies.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Environment:
        """Make one, with the command ``ruledesk`` in its ``bin``; takes no download.

        Args:
            folder: Where; must not exist yet.
        """
        venv.EnvBuilder(symlinks=True).create(folder)
        made = cls(folder)
        paths = {"base": str(folder), "platbase": str(folder)}
        own = Path(sysconfig.get_path("purelib", "venv", vars=paths))
        seen = sysconfig.get_path("purelib")
        # By addsitedir, because an editable install of RuleDesk is itself a .pth file.
        line = f"import site; site.addsitedir({seen!r})\n"
        (own / "seen.pth").write_text(line, encoding="utf-8")
        command = folder / "bin" / "ruledesk"
        command.write_text(_COMMAND.format(python=shlex.quote(str(made.python))), encoding="utf-8")
        command.chmod(0o755)
        return made

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    def run(self, *arguments: str | Path, cwd: Path) -> str:
        """Run the interpreter.

        Args:
            *arguments: Its arguments.
            cwd: The working folder.

        Returns:
            What it printed on stdout.

        Raises:
            CommandError: It did not exit with 0.
        """
        return self.execute([str(self.python), *map(str, arguments)], cwd)

    def shell(self, script: str, cwd: Path) -> str:
        """Run a bash script in which ``python`` and ``ruledesk`` are the environment's.

        Args:
            script: Ends at the first command that fails.
            cwd: The working folder.

        Returns:
            What it printed on stdout.

        Raises:
            CommandError: It did not exit with 0.
        """
        return self.execute(["bash", "-euo", "pipefail", "-c", script], cwd)

    def install(self, folder: Path) -> None:
        """Install a distribution; offline where its build backend hatchling is at hand.

        Args:
            folder: Holds its ``pyproject.toml``; dependencies are not installed.

        Raises:
            CommandError: It cannot be built or installed.
        """
        self.run("-m", "pip", "install", "--quiet", "--no-deps", folder, cwd=folder)

    def execute(self, command: list[str], cwd: Path) -> str:
        """Run a command in the environment; see `run`."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        # To pip "0" means: no isolation.
        isolation = {"PIP_NO_BUILD_ISOLATION": "0"} if find_spec("hatchling") else {}
        changed = {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
        }
        done = subprocess.run(  # noqa: S603 - the command is the test's own
            command,
            cwd=cwd,
            env={**inherited, **isolation, **changed},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout
