/**
 * A4 landscape; title of size 2 (22 pt) in the middle, tables of size 5 (10.5 pt), numbers to the right, the head of
 * the table on each page. The line-up of fonts begins with those that Chinese offices have.
 */
export const PRINT_STYLE = `@page { size: A4 landscape; margin: 14mm 12mm 16mm; @bottom-center { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 273mm; padding: 8mm 0; background: #fff; color: #000; font: 10.5pt/1.5 SimSun, "Songti SC", "Noto Serif CJK SC", "Source Han Serif SC", serif; }
h1 { margin: 0 0 2mm; text-align: center; font: 22pt/1.3 FZXiaoBiaoSong-B05S, "方正小标宋简体", "Noto Serif CJK SC", "Source Han Serif SC", SimSun, serif; }
.span { margin: 0 0 3mm; text-align: center; }
.meta { display: flex; justify-content: space-between; gap: 8mm; margin: 0 0 1mm; }
.basis, .notes { margin: 0 0 1mm; }
figure { margin: 2mm 0 4mm; text-align: center; break-inside: avoid; }
figure img { max-width: 100%; max-height: 88mm; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 0.5pt solid #000; padding: 0.8mm 1.6mm; }
table + table { margin-top: 4mm; }
th { font-weight: 700; text-align: center; min-width: 3.6em; }
td.label { white-space: nowrap; }
td.number { text-align: right; white-space: nowrap; }
tr.total td, tr.subtotal td { font-weight: 700; }
tr.total td { border-top-width: 1.5pt; }
.signed { display: flex; gap: 24mm; margin-top: 6mm; }
.screen { margin: 0 0 4mm; font: 14px/1.5 system-ui, sans-serif; }
@media print { body { padding: 0; } .screen { display: none; } }
`;
