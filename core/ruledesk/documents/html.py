"""Documents as a page to print, on A4; nothing that people wrote becomes markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ruledesk.documents.model import Choice, Document, Facts, Part, Passage, Section, Table
from ruledesk.markup import Markup, joined, tag

_STYLE: Final = """
@page { size:A4; margin:16mm 15mm 18mm; }
* { box-sizing:border-box; }
body { margin:0 auto; max-width:190mm; padding:12mm 8mm; color:#111; font-size:10.5pt;
  line-height:1.5; font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","PingFang SC",
  "Microsoft YaHei","Noto Sans CJK SC",SimSun,sans-serif; }
h1 { font-size:18pt; text-align:center; margin:0; letter-spacing:.04em; }
.subtitle { text-align:center; margin:2mm 0 6mm; color:#444; }
h2 { font-size:11.5pt; margin:5mm 0 2mm; border-left:3px solid #333; padding-left:2mm; }
table { width:100%; border-collapse:collapse; }
th,td { border:1px solid #888; padding:1.2mm 2mm; text-align:left; vertical-align:top;
  overflow-wrap:break-word; white-space:pre-line; }
th { background:#f1f2f4; font-weight:600; }
.facts { table-layout:fixed; } .facts th { width:17%; } .facts td { width:33%; height:8mm; }
.passage { border:1px solid #888; margin:0 0 2mm; } .passage h3 { margin:0; font-size:10.5pt;
  background:#f1f2f4; padding:1.2mm 2mm; border-bottom:1px solid #888; font-weight:600; }
.passage p { margin:0; padding:2mm; white-space:pre-line; overflow-wrap:anywhere; min-height:9mm; }
.passage p:empty { min-height:26mm; }
.choice { display:flex; gap:4mm; padding:1.5mm 0; border-bottom:1px dotted #888; }
.choice + .passage { margin-top:4mm; }
.choice span:first-child { flex:1; } .choice .box { white-space:nowrap; }
.signatures { display:flex; gap:12mm; margin-top:12mm; break-inside:avoid; }
.signatures p { flex:1; border-top:1px solid #333; padding-top:1.5mm; margin:10mm 0 0; }
footer { margin-top:8mm; color:#666; font-size:8.5pt; }
thead { display:table-header-group; } tr,.passage h3,.choice { break-inside:avoid; }
h2 { break-after:avoid; }
@media print { body { padding:0; max-width:none; }
  * { print-color-adjust:exact; -webkit-print-color-adjust:exact; } }
"""
_PAIRS: Final = 2


def to_html(document: Document) -> str:
    """Write a document as a page that loads nothing from elsewhere."""
    head = joined(
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width,initial-scale=1">'),
        tag("title", f"{document.title} {document.subtitle}"),
        tag("style", Markup(_STYLE)),
    )
    body = tag(
        "body",
        tag("h1", document.title),
        tag("p", document.subtitle, class_="subtitle"),
        *(_section(section) for section in document.sections),
        _signatures(document.signatures),
        tag("footer", document.footer),
    )
    lang = "zh-CN" if document.locale == "zh" else "en"
    return f"<!doctype html>\n{tag('html', tag('head', head), body, lang=lang)}\n"


def _section(section: Section) -> Markup:
    return tag("section", tag("h2", section.title), *map(_part, section.parts))


def _part(part: Part) -> Markup:
    if isinstance(part, Facts):
        return _facts(part)
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Passage):
        return tag("div", tag("h3", part.label), tag("p", part.text), class_="passage")
    return _choice(part)


def _facts(part: Facts) -> Markup:
    """Lay out facts in two columns."""
    rows = [
        [cell for label, value in part.rows[start : start + _PAIRS]
         for cell in (tag("th", label, scope="row"), tag("td", value))]
        for start in range(0, len(part.rows), _PAIRS)
    ]  # fmt: skip
    if len(part.rows) % _PAIRS:
        rows[-1][-1] = tag("td", part.rows[-1][1], colspan=3)
    return tag("table", tag("tbody", *(tag("tr", *cells) for cells in rows)), class_="facts")


def _table(part: Table) -> Markup:
    head = tag("tr", *(tag("th", name, scope="col") for name in part.head))
    return tag("table", tag("thead", head), tag("tbody", *_rows(part.rows)))


def _rows(rows: Iterable[Iterable[str]]) -> Iterable[Markup]:
    return (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)


def _choice(part: Choice) -> Markup:
    boxes = (
        tag("span", f"{'☑' if value == part.chosen else '☐'} {value}", class_="box")
        for value in range(1, part.best + 1)
    )
    return tag("div", tag("span", part.question), *boxes, class_="choice")


def _signatures(names: Iterable[str]) -> Markup:
    return tag("div", *(tag("p", f"{name}：" if name[-1] > "\u2e7f" else f"{name}:")
                        for name in names), class_="signatures")  # fmt: skip
