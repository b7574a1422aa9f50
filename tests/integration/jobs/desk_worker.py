"""A process that runs the background jobs of a desk until its standard input ends: DIR [FILE].

With FILE, it begins once there is such a file.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk


def main(folder: Path, *begin: Path) -> None:
    desk = open_desk(load_desk(folder), deliver=False)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not all(path.exists() for path in begin):
        time.sleep(0.02)
    desk.jobs.start(lambda: datetime.now(UTC))
    sys.stdin.read()
    assert desk.jobs.stop(30)
    desk.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
