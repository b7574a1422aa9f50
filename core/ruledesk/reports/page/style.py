"""How the page looks, on a screen and on paper."""

from typing import Final

STYLE: Final = """
:root { --ink:#1c2430; --soft:#5b6675; --line:#dde3ea; --paper:#fff; --back:#f4f6f9;
  --bar:#3b74b9; --late:#d9690f; --good:#5d9c59; --wait:#b9c2cd; }
* { box-sizing:border-box; }
body { margin:0; background:var(--back); color:var(--ink); line-height:1.5; font-size:15px;
  font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","PingFang SC","Microsoft YaHei",
  "Noto Sans CJK SC",sans-serif; }
main { max-width:1180px; margin:0 auto; padding:28px 24px 60px; }
h1 { font-size:26px; margin:0; } h2 { font-size:17px; margin:0 0 12px; }
header p { margin:4px 0 0; color:var(--soft); }
.tiles { display:grid; grid-template-columns:repeat(auto-fill,minmax(172px,1fr)); gap:12px;
  margin:22px 0; padding:0; }
.tile { background:var(--paper); border:1px solid var(--line); border-radius:8px;
  padding:12px 14px; display:flex; flex-direction:column; }
.tile dt { color:var(--soft); font-size:13px; order:1; } .tile dd { margin:0; }
.tile .big { font-size:22px; font-weight:600; order:2; line-height:1.35; white-space:nowrap; }
.tile .note { color:var(--soft); font-size:12px; order:3; }
.tile.late .big { color:#b35000; }
.cards { display:grid; grid-template-columns:repeat(2,minmax(0,1fr)); gap:16px; }
section { background:var(--paper); border:1px solid var(--line); border-radius:8px;
  padding:16px 18px; min-width:0; } section.wide { grid-column:1/-1; }
.bars { list-style:none; margin:0; padding:0; display:grid; column-gap:10px;
  grid-template-columns:fit-content(34%) minmax(60px,1fr) max-content; }
/* One grid for all bars, so that equal lengths mean equal amounts whatever stands behind them. */
.bars li { display:grid; grid-template-columns:subgrid; grid-column:1/-1;
  align-items:center; padding:3px 0; }
.bars .name { overflow-wrap:anywhere; font-size:14px; line-height:1.3; }
.bars .track { display:flex; height:15px; background:#eef1f5; border-radius:3px;
  overflow:hidden; }
.bars .track span { display:block; height:100%; }
.bars .amount { text-align:right; font-variant-numeric:tabular-nums; font-size:13px; }
.bar { background:var(--bar); } .late-part { background:var(--late); }
.good-part { background:var(--good); } .wait-part { background:var(--wait); }
.legend { display:flex; flex-wrap:wrap; gap:4px 16px; margin:0 0 10px; color:var(--soft);
  font-size:13px; } .legend i { display:inline-block; width:11px; height:11px;
  border-radius:2px; margin-right:6px; vertical-align:-1px; }
svg + h2 { margin-top:22px; } svg { display:block; width:100%; height:auto; font-family:inherit; }
svg text { fill:var(--soft); font-size:12px; } svg .grid { stroke:var(--line); }
details { margin-top:12px; } summary { cursor:pointer; color:#2b5c97; font-size:13px; }
.scroll { overflow-x:auto; max-height:480px; overflow-y:auto; }
table { border-collapse:collapse; font-size:13px; width:100%; }
th,td { padding:4px 10px 4px 0; text-align:left; border-bottom:1px solid var(--line);
  vertical-align:top; } th { color:var(--soft); font-weight:600; }
thead th { position:sticky; top:0; background:var(--paper); white-space:nowrap; }
td.n,th.n { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap; }
.hints { margin:0; padding-left:20px; } .hints li { margin-bottom:8px; }
.hints code { font-size:12px; color:var(--soft); overflow-wrap:anywhere; }
.hints details { margin:2px 0 0; }
.empty { color:var(--soft); }
@media (max-width:760px) { .cards { grid-template-columns:minmax(0,1fr); } }
@media print { body { background:#fff; font-size:11px; } main { max-width:none; padding:0; }
  section,.tile { break-inside:avoid; } .scroll { max-height:none; overflow:visible; }
  * { print-color-adjust:exact; -webkit-print-color-adjust:exact; } }
"""
