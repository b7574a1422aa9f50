"""``ruledesk storage backup`` and ``restore``: one file that holds everything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ruledesk.cli import failures
from ruledesk.cli.output import print_json, print_line
from ruledesk.cli.session import Session, locale_option
from ruledesk.cli.storage_places import places
from ruledesk.cli.storage_progress import progress
from ruledesk.cli.storage_words import desk_option, own_store, print_counts, use_locale
from ruledesk.storage.archive_format import Manifest, manifest_data
from ruledesk.storage.archive_read import check_backup
from ruledesk.storage.archive_read import restore as restore_file
from ruledesk.storage.archive_write import write_backup
from ruledesk.storage.copying import CopyDiffers, check_kept


@click.command(short_help="Write everything that a desk stores into one file.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@desk_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_obj
def backup(session: Session, *, file: Path, folder: Path | None, as_json: bool) -> None:
    """Write everything that a desk stores into FILE, a new one (usual name: desk-DATE.tar.gz).

    A desk on SQLite or PostgreSQL may go on meanwhile. FILE appears only when it is whole and on
    the disk. It holds what people told the desk: keep it as safe as the desk itself.
    """
    from ruledesk import __version__  # noqa: PLC0415 - the package imports every hook kind

    with places(folder) as found:
        use_locale(session, found)
        with (
            own_store(found).existing() as store,
            progress(session.say("written", "已写入")) as writing,
        ):
            manifest = write_backup(store, file, datetime.now(UTC), __version__, writing)
    _tell(manifest, session, as_json=as_json)
    if not as_json:
        print_line(session.say(f"Written: {file}", f"已写入：{file}"))


@click.command(short_help="Fill an empty store from a backup.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("url", metavar="TO")
@desk_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_context
def restore(
    context: click.Context, *, file: Path, url: str, folder: Path | None, as_json: bool
) -> None:
    """Fill the empty store TO from FILE: all of it, or nothing.

    The whole file is compared with its manifest before anything is written, and what was stored
    is read again afterwards.

    Exit status: 0 restored, 1 TO does not hold what was restored, 2 unusable input.
    """
    session = context.ensure_object(Session)
    with places(folder) as found:
        use_locale(session, found)
        place = found.find(url, "TO")
        check_backup(file)  # before a store is made
        try:
            with (
                place.open() as store,
                progress(session.say("restored", "已恢复")) as storing,
                progress(session.say("compared", "已核对")) as comparing,
            ):
                manifest = restore_file(file, store, storing, comparing)
            with place.open() as kept:
                check_kept(kept)
        except CopyDiffers as error:
            failures.tell(error, session)
            context.exit(failures.NO)
    _tell(manifest, session, as_json=as_json)
    if not as_json:
        print_line(session.say(f"Restored: {place.shown}", f"已恢复：{place.shown}"))


def _tell(manifest: Manifest, session: Session, *, as_json: bool) -> None:
    if as_json:
        data = manifest_data(manifest)
        del data["members"]
        print_json(data)
    else:
        print_counts(manifest.counts, session)
