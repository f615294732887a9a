/**
 * The style of the page, light and dark by the reader's own setting, and for paper. Contrast is at least 4.5 to 1 (WCAG
 * 1.4.3).
 */
export const style = `
:root {
  color-scheme: light dark;
  --text: #1c2024;
  --soft: #5a6169;
  --paper: #ffffff;
  --band: #f3f5f7;
  --line: #d5dae0;
  --link: #0b5cad;
  --good: #17692f;
  --news: #8a5300;
  --bad: #b3161b;
  --focus: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ec;
    --soft: #a3abb4;
    --paper: #14171a;
    --band: #1d2226;
    --line: #363d44;
    --link: #7cb8f5;
    --good: #6fce88;
    --news: #e8b25c;
    --bad: #ff8f8a;
    --focus: #7cb8f5;
  }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
header, main { padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin: 1.2rem 0 0.2rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.2rem; scroll-margin-top: 4.5rem; }
p { margin: 0.2rem 0 0.8rem; color: var(--soft); }
p, header li { overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -999em; }
.skip:focus { left: 1rem; top: 1rem; z-index: 2; padding: 0.4rem 0.8rem; background: var(--paper); }
.server { display: flex; flex-wrap: wrap; gap: 0.1rem 1.6rem; margin: 0.4rem 0; }
.server dt { color: var(--soft); }
.server dt::after { content: ':'; }
.server dd { margin: 0 0 0 -1.2rem; font-weight: 600; overflow-wrap: anywhere; }
.verdict { color: var(--text); font-weight: 600; }
section > h2 { display: inline-block; }
.scope { margin-left: 0.6rem; font-size: 0.8rem; color: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 0 0.4rem; }
.id code { white-space: normal; overflow-wrap: anywhere; }
.id { overflow-wrap: anywhere; }
.wrong { color: var(--bad); font-weight: 600; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; padding: 0; margin: 0.8rem 0; list-style: none; }
.count, summary { color: var(--soft); }
#filters {
  position: sticky;
  top: 0;
  z-index: 1;
  display: flex;
  flex-wrap: wrap;
  gap: 0.6rem 1rem;
  align-items: center;
  padding: 0.6rem 1.5rem;
  background: var(--band);
  border-block: 1px solid var(--line);
}
#filters[hidden] { display: none; }
input, select, button {
  font: inherit;
  color: inherit;
  background: var(--paper);
  border: 1px solid var(--soft);
  border-radius: 4px;
  padding: 0.2rem 0.5rem;
  max-width: 16rem;
}
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td {
  text-align: left;
  vertical-align: top;
  padding: 0.35rem 0.7rem;
  border-bottom: 1px solid var(--line);
  overflow-wrap: break-word;
  min-width: 4rem;
}
th { background: var(--band); font-weight: 600; white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
td time { white-space: nowrap; }
.long { min-width: 20rem; max-width: 48rem; }
td code { white-space: nowrap; font-size: 0.95em; }
td details p { margin: 0.3rem 0 0; color: inherit; }
.mark { font-weight: 600; white-space: nowrap; }
.error { min-width: 22rem; }
.created .mark, .changed .mark { color: var(--good); }
.updated .mark, .removed .mark, .warning .mark, .blocked .mark { color: var(--news); }
.failed .mark { color: var(--bad); }
pre { margin: 0.3rem 0 0; white-space: pre-wrap; font-size: 0.85rem; }
.timeline {
  display: flex;
  flex-wrap: wrap;
  gap: 0.8rem 1.2rem;
  padding: 0;
  margin: 0 0 0.9rem;
  list-style: none;
  font-size: 0.8rem;
  color: var(--soft);
}
.timeline ul { display: flex; flex-wrap: wrap; gap: 3px; padding: 0.2rem 0 0; margin: 0; list-style: none; }
.timeline li li, .legend > span {
  display: inline-block;
  width: 1rem;
  border-radius: 3px;
  text-align: center;
  font-weight: 700;
  font-size: 0.75rem;
  line-height: 1.4rem;
  color: var(--paper);
  background: var(--soft);
}
.timeline li .changed, .legend .changed { background: var(--good); }
.timeline li .blocked, .legend .blocked { background: var(--news); }
.timeline li .failed, .legend .failed { background: var(--bad); }
.legend { font-size: 0.8rem; }
.legend > span:not(:first-child) { margin-left: 0.8rem; }
.name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.hidden { display: none !important; }
@media (max-width: 40rem), (max-height: 30rem) {
  #filters { position: static; }
  h2 { scroll-margin-top: 0.5rem; }
}
@media (max-width: 40rem) {
  header, main { padding: 0 0.8rem; }
  #filters { padding: 0.6rem 0.8rem; }
}
@media screen and (max-width: 52rem) {
  .table { border: 0; overflow: visible; }
  table, tbody, tbody tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border: 1px solid var(--line); border-radius: 6px; margin-bottom: 0.7rem; padding: 0.3rem 0; }
  td { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 0 0.6rem; border: 0; padding: 0.15rem 0.7rem; }
  td::before { content: attr(data-title); color: var(--soft); }
  td > * { grid-column: 2; }
  td:empty { display: none; }
  .long, .error { min-width: 0; max-width: none; }
}
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { --text: #000; --soft: #333; --paper: #fff; --band: #fff; --line: #999; }
  #filters, nav, .skip { display: none !important; }
  .table { overflow: visible; border: 0; }
  table { font-size: 8pt; }
  th, td { padding: 1pt 4pt; min-width: 0; }
  .long, .error { min-width: 0; }
  tr, li { break-inside: avoid; }
  thead { display: table-header-group; }
  h2 { break-after: avoid; }
  td code { white-space: normal; }
  summary { list-style: none; }
  details:not([open]) { display: none; }
  .timeline li li, .legend > span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
