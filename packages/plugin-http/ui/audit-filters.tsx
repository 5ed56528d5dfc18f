import type { ReactElement, ReactNode } from "react";
import { Button, Input, Select } from "antd";
import { SearchOutlined } from "@ant-design/icons";
import { titleIn, useLanguage, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { AuditFilter, Vocabulary } from "./audit-api.js";
import { OUTCOMES, texts } from "./texts.js";

interface Props {
  readonly filter: AuditFilter;
  readonly patch: (values: Readonly<Record<string, string | undefined>>) => void;
  readonly vocabulary: Vocabulary | undefined;
  readonly clear: ReactNode;
}

/** All of it stands in the address, so that a finding can be sent to a colleague. */
export function AuditFilters({ filter, patch, vocabulary, clear }: Props): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const choice = (name: "actor" | "action" | "subjectType" | "outcome", label: string, options: readonly { value: string; label: string }[]): ReactElement => (
    <Select<string> allowClear showSearch={{ optionFilterProp: "label" }} className={name === "outcome" ? "aud-outcome" : ""} aria-label={label} placeholder={label} value={filter[name] ?? null} options={[...options]} popupMatchSelectWidth={false} onChange={(value?: string) => patch({ [name]: value })} />
  );
  const terms = (list: Vocabulary["actions"] = []): { value: string; label: string }[] => list.map((term) => ({ value: term.name, label: titleIn(language, term) }));
  return (
    <div className="aud-filters" role="group" aria-label={text.filters}>
      {choice("actor", text.actor, [{ value: "system", label: text.system }, { value: "plugin:", label: text.part }, { value: "citizen", label: text.citizen }, ...(vocabulary?.actors ?? []).map(({ id, name }) => ({ value: id, label: name }))])}
      {choice("action", text.action, terms(vocabulary?.actions))}
      {choice("subjectType", text.subject, terms(vocabulary?.subjects))}
      <Input.Search key={filter.subjectId ?? ""} className="aud-id" allowClear enterButton={<Button icon={<SearchOutlined aria-hidden />} aria-label={text.find} title={text.find} />} placeholder={text.subjectId} aria-label={text.subjectId} defaultValue={filter.subjectId ?? ""} maxLength={200} onSearch={(value) => patch({ subjectId: value.trim() || undefined })} />
      {choice("outcome", text.outcome, OUTCOMES.map((value) => ({ value, label: text.outcomes[value] })))}
      <span className="aud-dates">
        <span className="hl-meta" aria-hidden>
          {text.days}
        </span>
        <Input type="date" aria-label={text.from} value={filter.from ?? ""} onChange={({ target }) => patch({ from: target.value })} />–
        <Input type="date" aria-label={text.to} value={filter.to ?? ""} onChange={({ target }) => patch({ to: target.value })} />
      </span>
      {clear}
    </div>
  );
}
