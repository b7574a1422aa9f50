"""The process between a test and its PostgreSQL: starts, stops and kills it, and outlives nobody.

It runs as a script of its own, with the standard library only. Commands come in as lines on
standard input: ``start``, ``stop``, ``kill``; each is answered by one line, ``ok`` or what went
wrong. When the input ends, because the test's process is gone in whatever way, the server is
stopped and its folder removed. When this process itself is killed, the kernel tells the server.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_PATIENCE: Final = 60.0
_STEP: Final = 0.01
_READY_LINE: Final = 8


class Failure(Exception):  # noqa: N818
    """What is answered instead of ``ok``."""


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _children(pid: int) -> list[int]:
    """List a process's children; none when it is gone."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


class Supervisor:
    """One data folder and the server that runs on it, or does not.

    Args:
        plan: ``bin``, ``data``, ``user`` (empty for oneself), ``remove`` (folders to remove at the
            end), ``initdb`` and ``postgres`` (their arguments).
    """

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._bin = Path(plan["bin"])
        self._data = Path(plan["data"])
        self._log = Path(plan["log"])
        self._plan = plan
        self._user = pwd.getpwnam(plan["user"]) if plan["user"] else None
        self._server = 0

    def start(self) -> None:
        """Start the server, on a new folder where there is none, and wait until it answers."""
        self._reap()
        if self._server:
            raise Failure("it runs already")
        if not (self._data / "PG_VERSION").exists():
            self._make_folder()
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._server = self._spawn("postgres", ["-D", str(self._data), *self._plan["postgres"]])
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server as an administrator does: sessions are cut, all is written."""
        self._reap()
        if self._server:
            _signal(self._server, signal.SIGINT)
            if not self._gone_within(_PATIENCE):
                self.kill()
                raise Failure(f"it did not stop within {_PATIENCE} s, and was killed")

    def kill(self) -> None:
        """Kill the server and all its processes at once, with SIGKILL."""
        self._reap()
        if not self._server:
            return
        _signal(self._server, signal.SIGSTOP)  # so that it starts no further process
        for child in (*_children(self._server), self._server):
            _signal(child, signal.SIGKILL)
        if not self._gone_within(_PATIENCE):
            raise Failure("it could not be killed")

    def end(self) -> None:
        """Stop the server in any way, and remove what was made for it."""
        with suppress(Failure):
            self.stop()
        for folder in self._plan["remove"]:
            shutil.rmtree(folder, ignore_errors=True)

    def _make_folder(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        if self._user is not None:
            os.chown(self._data, self._user.pw_uid, self._user.pw_gid)
        maker = self._spawn("initdb", ["-D", str(self._data), *self._plan["initdb"]])
        if os.waitpid(maker, 0)[1] != 0:
            raise Failure(f"initdb failed\n{self._last_words()}")

    def _spawn(self, program: str, arguments: list[str]) -> int:
        """Run a program of PostgreSQL as its user; it gets SIGQUIT when this process dies."""
        mother = os.getpid()
        child = os.fork()
        if child:
            return child
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            os.dup2(log, 1)
            os.dup2(log, 2)
            if self._user is not None:
                os.setgroups([])
                os.setgid(self._user.pw_gid)
                os.setuid(self._user.pw_uid)
            os.chdir("/")
            _prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
            if os.getppid() == mother:
                path = str(self._bin / program)
                os.execve(path, [path, *arguments], _environment())  # noqa: S606
        finally:
            os._exit(127)

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            self._reap()
            if not self._server:
                raise Failure(f"it ended at once\n{self._last_words()}")
            if self._is_ready():
                return
            time.sleep(_STEP)
        self.kill()
        raise Failure(f"it was not ready within {_PATIENCE} s\n{self._last_words()}")

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= _READY_LINE and lines[_READY_LINE - 1].strip() == "ready"

    def _gone_within(self, seconds: float) -> bool:
        """Wait until the server and all that it left behind is gone."""
        end = time.monotonic() + seconds
        while self._reap():
            if time.monotonic() > end:
                return False
            if not self._server:
                for orphan in _children(os.getpid()):
                    _signal(orphan, signal.SIGKILL)
            time.sleep(_STEP)
        return True

    def _reap(self) -> bool:
        """Bury the dead; orphans of the server come here. Says whether anybody is alive."""
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._server = 0
                return False
            if pid == 0:
                return True
            if pid == self._server:
                self._server = 0

    def _last_words(self) -> str:
        try:
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
        except OSError:
            return ""


def _environment() -> dict[str, str]:
    """What the programs see: nothing of the test's settings for PostgreSQL's clients."""
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", **kept}


def main() -> None:
    """Obey the lines of standard input until it ends."""
    plan = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    supervisor = Supervisor(plan)
    commands = {"start": supervisor.start, "stop": supervisor.stop, "kill": supervisor.kill}
    for line in sys.stdin:
        try:
            commands[line.strip()]()
            answer = "ok"
        except (Failure, OSError) as error:
            answer = json.dumps(str(error))
        try:
            sys.stdout.write(f"{answer}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            break
    supervisor.end()


if __name__ == "__main__":
    main()
