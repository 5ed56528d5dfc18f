import { useState, type ReactElement } from "react";
import { Input, Modal } from "antd";
import { useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign } from "../../src/contract.js";
import { texts } from "./texts.js";
import { count } from "./words.js";

/** What cancelling does is told before, and the name is typed: it cannot be taken back. */
export function CancelDialog({ campaign, busy, cancel, keep }: { readonly campaign: Campaign; readonly busy: boolean; readonly cancel: () => void; readonly keep: () => void }): ReactElement {
  const text = useTexts(texts);
  const [typed, setTyped] = useState("");
  const { name, counts } = campaign;
  const words = text.cancelling;
  return (
    <Modal open title={words.title(name)} okText={text.cancel} cancelText={words.keep} okButtonProps={{ danger: true, disabled: typed.trim() !== name.trim(), loading: busy }} onOk={cancel} onCancel={keep}>
      <ul className="cam-effects">
        {counts.open === 0 ? null : <li>{words.open(count(counts.open))}</li>}
        {counts.calling === 0 ? null : <li>{words.calls}</li>}
        <li>{campaign.status === "running" ? words.final : words.finalOnly}</li>
      </ul>
      <label className="cam-field">
        <span>{words.retype(name)}</span>
        <Input autoComplete="off" value={typed} onChange={({ target }) => setTyped(target.value)} />
      </label>
    </Modal>
  );
}
