import { useState, type ReactElement } from "react";
import { Button } from "antd";
import { useLanguage, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { ReportChange, ReportColumn, ReportResult, ReportRow } from "../src/contract.js";
import { inEnglish, texts } from "./texts.js";

/** Nothing to tell. */
const NONE = "—";
/** Rows shown at once: a browser draws no ten thousand of them in good time. */
const STEP = 300;

/** The figures, with the total always in sight. */
export function ReportTable({ report }: { readonly report: ReportResult }): ReactElement {
  const text = useTexts(texts);
  const english = useLanguage() === "en";
  const [most, setMost] = useState(STEP);
  const rows = report.rows.filter(({ kind }) => kind !== "total");
  const total = report.rows.filter(({ kind }) => kind === "total");
  const { compare } = report;
  const name = (column: ReportColumn): string => {
    const label = english ? column.labelEn : column.label;
    if (column.unit === "" || column.unit === "%") return label;
    return english ? `${label} ${inEnglish(column.unit)}` : `${label}（${column.unit}）`;
  };
  return (
    <>
      <div className="rp-table-box" tabIndex={0} role="region" aria-label={report.title}>
        <table className="rp-table">
          <thead>
            <tr>
              {report.heads.map((head) => (
                <th key={head.label} rowSpan={compare === null ? 1 : 2} scope="col">
                  {english ? head.labelEn : head.label}
                </th>
              ))}
              {report.columns.map((column) => (
                <th key={column.id} colSpan={compare === null ? 1 : 3} scope="col" className={compare === null ? "rp-number" : "rp-group"}>
                  {name(column)}
                </th>
              ))}
            </tr>
            {compare === null ? null : (
              <tr>
                {report.columns.flatMap((column) => [
                  <th key={`${column.id} own`} scope="col" className="rp-number rp-begin">
                    {text.current}
                  </th>,
                  <th key={`${column.id} base`} scope="col" className="rp-number">
                    {english ? text.compares[compare.kind] : compare.baseName}
                  </th>,
                  <th key={`${column.id} change`} scope="col" className="rp-number">
                    {english ? "±" : compare.name}
                  </th>,
                ])}
              </tr>
            )}
          </thead>
          <tbody>
            {rows.slice(0, most).map((row, index) => (
              <TableRow key={row.key} row={row} above={index > 0 && index < most ? rows[index - 1] : undefined} />
            ))}
          </tbody>
          <tfoot>
            {total.map((row) => (
              <TableRow key={row.key} row={row} above={undefined} />
            ))}
          </tfoot>
        </table>
      </div>
      {rows.length > most ? (
        <p className="hl-meta rp-more">
          {text.rows(most, rows.length)} <Button size="small" onClick={() => setMost(most + STEP)}>{text.more(Math.min(STEP, rows.length - most))}</Button>
        </p>
      ) : null}
    </>
  );
}

function TableRow({ row, above }: { readonly row: ReportRow; readonly above: ReportRow | undefined }): ReactElement {
  return (
    <tr className={`rp-${row.kind}`}>
      {row.labels.map((label, index) => (
        // What stands above is not said again, but is there for whoever hears the table.
        <th key={index} scope="row" className={index < row.labels.length - 1 && above?.labels[index] === label && row.kind === "row" ? "rp-again" : undefined}>
          <span>{label}</span>
          {index === 0 && row.note !== undefined ? <span className="rp-note">（{row.note}）</span> : null}
        </th>
      ))}
      {row.cells.map((cell, index) => {
        const change = row.changes?.[index];
        return [
          <td key={index} className={change === undefined ? "rp-number" : "rp-number rp-begin"}>
            {cell.text}
          </td>,
          ...(change === undefined
            ? []
            : [
                <td key={`${index} base`} className="rp-number rp-base" title={row.comparedWith}>
                  {change.base.text}
                </td>,
                <td key={`${index} change`} className="rp-number">
                  <Change change={change} />
                </td>,
              ]),
        ];
      })}
    </tr>
  );
}

/** Rise and fall as arrows in ink: here red would mean rise, elsewhere danger. */
export function Change({ change, words = false }: { readonly change: ReportChange; readonly words?: boolean }): ReactElement {
  const text = useTexts(texts);
  const english = useLanguage() === "en";
  const { delta, tone } = change;
  const arrow = change.text === NONE || delta.value === null || delta.value === 0 ? "" : delta.value > 0 ? "▲ " : "▼ ";
  return (
    <span>
      {arrow}
      {english ? inEnglish(change.text) : change.text}
      {words && tone !== "neutral" ? <span className="rp-tone"> {tone === "better" ? text.better : text.worse}</span> : null}
    </span>
  );
}
