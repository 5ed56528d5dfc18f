import type { ReactElement } from "react";
import { Modal } from "antd";
import { useTexts } from "@hotlinejs/plugin-console/sdk";
import { texts } from "./texts.js";

/** A rule that shall be as configured again. */
export interface ResetLine {
  readonly rule: string;
  readonly name: string;
  readonly now: string;
  readonly then: string;
}

/** What going back to the configuration does is told before. */
export function ResetDialog({ lines, queue, waiting, drops, busy, reset, keep }: { readonly lines: readonly ResetLine[]; readonly queue: string; readonly waiting: number; /** Something typed goes with it. */ readonly drops: boolean; readonly busy: boolean; readonly reset: () => void; readonly keep: () => void }): ReactElement {
  const text = useTexts(texts);
  const { ask } = text;
  const [only] = lines;
  return (
    <Modal open width={640} title={lines.length === 1 && only !== undefined ? ask.one(only.name, queue) : ask.all(lines.length, queue)} okText={ask.ok} cancelText={ask.keep} okButtonProps={{ danger: true, loading: busy }} onOk={reset} onCancel={keep}>
      <table className="qr-resets">
        <thead>
          <tr>
            <th scope="col">{ask.rule}</th>
            <th scope="col">{ask.now}</th>
            <th scope="col">{ask.then}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ rule, name, now, then }) => (
            <tr key={rule}>
              <th scope="row">{name}</th>
              <td>{now}</td>
              <td>{then}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{ask.effect(waiting)}</p>
      {drops ? <p>{ask.typed}</p> : null}
    </Modal>
  );
}
