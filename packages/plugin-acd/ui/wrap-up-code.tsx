import { useEffect, useRef, type ReactElement } from "react";
import { Select, type RefSelectProps } from "antd";
import type { AgentSnapshot } from "../src/contract.js";
import { useWrapUpCodes } from "./agent-reasons.js";
import type { Texts } from "./texts.js";
import { setWrapUpCode } from "./wrap-up.js";
import { onFocusWrapUpCode } from "./wrap-up-focus.js";

/** What the conversation was about, for its record. Nothing where the hotline has no codes for it. */
export function WrapUpCodeChoice({ agent, text }: { readonly agent: AgentSnapshot; readonly text: Texts }): ReactElement | null {
  const codes = useWrapUpCodes();
  const select = useRef<RefSelectProps>(null);
  useEffect(() => onFocusWrapUpCode(() => select.current?.focus()), []);
  const { wrapUp } = agent;
  if (wrapUp === null) return null;
  const missing = wrapUp.required && wrapUp.code === null;
  const options = wrapUp.codes.map((code) => ({ value: code, label: codes.get(code) ?? code }));
  return (
    <Select<string>
      ref={select}
      size="small"
      className="acd-code"
      aria-label={text.wrapUpCode}
      aria-keyshortcuts="N"
      aria-required={wrapUp.required}
      placeholder={`${missing ? text.wrapUpMissing : text.chooseWrapUpCode} N`}
      value={wrapUp.code}
      options={options}
      showSearch={{ optionFilterProp: "label" }}
      popupMatchSelectWidth={false}
      {...(missing ? { status: "warning" as const } : {})}
      onChange={(code) => void setWrapUpCode(agent.number, code, text)}
    />
  );
}
