"""``ruledesk storage``: move, verify, back up, restore and upgrade what a desk stores."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ruledesk.cli import failures
from ruledesk.cli.output import print_json, print_line
from ruledesk.cli.session import Session, locale_option
from ruledesk.cli.storage_backup import backup, restore
from ruledesk.cli.storage_erase import erase
from ruledesk.cli.storage_places import Place, places, same
from ruledesk.cli.storage_progress import progress
from ruledesk.cli.storage_retention import log, retention
from ruledesk.cli.storage_verify import verify
from ruledesk.cli.storage_words import desk_option, own_store, print_counts, use_locale
from ruledesk.errors import InvalidInput
from ruledesk.storage.copying import CopyDiffers, check_kept, is_empty
from ruledesk.storage.copying import copy as copy_records
from ruledesk.storage.tally import Tally


@click.group(short_help="Move, verify, back up, restore and upgrade a desk's storage.")
def storage() -> None:
    """Move, verify, back up, restore and upgrade what a desk stores.

    Stores are named by URL, as in desk.toml: tinydb:data/desk.json, sqlite:///data/desk.db,
    postgresql://user@host/database.
    """


@storage.command(short_help="Copy everything from one store into another, empty one.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@desk_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_context
def copy(
    context: click.Context, *, source: str, target: str, folder: Path | None, as_json: bool
) -> None:
    """Copy everything from the store FROM into the empty store TO: all of it, or nothing.

    What was copied is read again and compared. FROM stays as it is; put the line that is printed
    last into desk.toml when you want the desk to use TO.

    Exit status: 0 copied, 1 TO does not hold what was copied, 2 unusable input.
    """
    session = context.ensure_object(Session)
    with places(folder) as found:
        use_locale(session, found)
        one, other = found.find(source, "FROM"), found.find(target, "TO")
        if same(one, other):
            raise InvalidInput.of(
                "is the store that is copied from", "与来源是同一个存储", field="TO",
                value=other.shown, accepted=("another store",),
            )  # fmt: skip
        try:
            copied = _copied(one, other, session)
        except CopyDiffers as error:
            failures.tell(error, session)
            context.exit(failures.NO)
    _tell_copied(copied, one, other, session, as_json=as_json)


def _copied(one: Place, other: Place, session: Session) -> Tally:
    with one.existing() as source:
        if is_empty(source):
            raise InvalidInput.of(
                "is empty: there is nothing to copy", "是空的，没有可复制的内容", field="FROM",
                value=one.shown,
            )  # fmt: skip
        with (
            other.open() as target,
            progress(session.say("copied", "已复制")) as copying,
            progress(session.say("compared", "已核对")) as comparing,
        ):
            copied = copy_records(source, target, copying, comparing)
    with other.open() as kept:
        check_kept(kept)
    return copied


def _tell_copied(
    copied: Tally, one: Place, other: Place, session: Session, *, as_json: bool
) -> None:
    line = f"storage = {json.dumps(other.shown, ensure_ascii=False)}"
    if as_json:
        print_json({
            "from": one.shown, "to": other.shown, "counts": dict(copied.counts),
            "digest": copied.digest(), "desk_toml": line,
        })  # fmt: skip
        return
    print_counts(copied.counts, session)
    print_line(
        session.say(
            f"Copied and compared: {one.shown} → {other.shown} (digest {copied.digest()[:16]})",
            f"已复制并核对：{one.shown} → {other.shown}（摘要 {copied.digest()[:16]}）",
        )
    )
    print_line(session.say("For [desk] in desk.toml:", "写入 desk.toml 的 [desk]："))
    print_line(f"    {line}")


@storage.command(short_help="Bring a store to the form of this version.")
@click.argument("url", metavar="[URL]", required=False)
@desk_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_obj
def upgrade(session: Session, *, url: str | None, folder: Path | None, as_json: bool) -> None:
    """Bring a store to the form that this version of RuleDesk uses; default: the desk's own.

    Stop the desk and make a backup before.
    """
    with places(folder) as found:
        use_locale(session, found)
        place = own_store(found, url)
        place.check_exists()
        applied = place.upgrade()
    if as_json:
        print_json({"storage": place.shown, "applied": list(applied or ())})
        return
    for name in applied or ():
        print_line(session.say(f"applied: {name}", f"已应用：{name}"))
    if not applied:
        print_line(session.say("nothing to upgrade", "无需升级"))


for _command in (verify, backup, restore, retention, erase, log):
    storage.add_command(_command)
