/** Of the pages: one column on a phone, light and dark, and paper. Nothing from elsewhere. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#f6f6f4;--card:#fff;--ink:#1d2024;--soft:#5c6167;--line:#e2e3e5;
--one:#1f5fbf;--two:#7ea9e6;--three:#cddcf3;--mark:#1d2024;--good:#177245;--fair:#9a6700;--poor:#b42318;
--second:#0a7f78;--third:#b4530a;--fourth:#9c2f6b}
@media (prefers-color-scheme:dark){:root{--paper:#111316;--card:#1a1d21;--ink:#e6e7e9;--soft:#a3a9b0;--line:#2e3238;
--one:#6aa5ff;--two:#3d6bb0;--three:#263c5e;--mark:#e6e7e9;--good:#5fd08f;--fair:#e3b341;--poor:#ff8a7a;
--second:#3fc9bd;--third:#f0994a;--fourth:#ef86bd}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:960px;margin:0 auto;padding:20px 14px 60px}
h1{font-size:22px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 4px}h3{font-size:14px;margin:18px 0 6px}
p{margin:0 0 10px}.soft,.soft td{color:var(--soft)}small,.small{font-size:12.5px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin:14px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;margin:14px 0}
.tile{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:8px;padding:10px 12px}
.tile.good{border-left-color:var(--good)}.tile.fair{border-left-color:var(--fair)}.tile.poor{border-left-color:var(--poor)}
.tile b{display:block;font-size:20px;line-height:1.25;font-variant-numeric:tabular-nums}
.tile .label{font-size:13px;color:var(--soft)}
.verdict{font-size:12.5px;font-weight:600;white-space:nowrap}
.verdict.good{color:var(--good)}.verdict.fair{color:var(--fair)}.verdict.poor{color:var(--poor)}
.row{display:grid;grid-template:"name chart value"/170px minmax(80px,1fr) 150px;gap:2px 12px;align-items:center;margin:7px 0}
.row .name{grid-area:name;overflow-wrap:anywhere}.row .chart{grid-area:chart}
.row .value{grid-area:value;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
@media (min-width:1100px){main.wide{max-width:1400px}.pair{display:grid;grid-template-columns:1fr 1fr;gap:14px;margin:14px 0}.pair section{margin:0}}
svg{display:block;width:100%}.bar{height:16px;overflow:visible}
.track{fill:var(--line);opacity:.5}.one{fill:var(--one)}.two{fill:var(--two)}.three{fill:var(--three)}.tick{fill:var(--mark)}
.goodfill{fill:var(--good)}.fairfill{fill:var(--fair)}.poorfill{fill:var(--poor)}
.key{display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 12px;font-size:12.5px;color:var(--soft)}
.key svg{display:inline-block;width:22px;height:11px;margin-right:6px;vertical-align:-1px}
.curve{fill:none;stroke-width:2.25;stroke-linejoin:round}
.c0{stroke:var(--one)}.c1{stroke:var(--second);stroke-dasharray:7 4}.c2{stroke:var(--third);stroke-dasharray:2 3}.c3{stroke:var(--fourth);stroke-dasharray:9 3 2 3}
.grid{stroke:var(--line)}.axis{fill:var(--soft);font:12.5px system-ui,sans-serif}
.plot{max-width:640px;margin:6px auto 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}
td,th{padding:5px 10px 5px 0;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
tr:first-child>*{border-top:0}th{font-weight:600}td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.w{min-width:200px}.facts td:first-child{white-space:nowrap;color:var(--soft)}.facts td{overflow-wrap:anywhere}
details{margin-top:12px}summary{cursor:pointer;color:var(--soft);font-size:13.5px}
.warn{border-left:4px solid var(--fair)}
@media (max-width:600px){.row{grid-template:"name value""chart chart"/1fr max-content;margin:10px 0}
.tiles{grid-template-columns:repeat(2,1fr)}section{padding:14px 12px}}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}
`.trim();
