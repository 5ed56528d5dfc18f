import { useState, type ReactElement } from "react";
import { Button } from "antd";
import { announce, api, ErrorState, formatTime, StatusTag, unlessBusy, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { SealCheck, Vocabulary } from "./audit-api.js";
import { Entry } from "./audit-table.js";
import { texts } from "./texts.js";

/** Whether the chain of seals holds. Asked for by hand: of millions of rows the walk takes seconds. */
export function Seals({ vocabulary }: { readonly vocabulary: Vocabulary | undefined }): ReactElement {
  const text = useTexts(texts);
  const [check, setCheck] = useState<SealCheck>();
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const verify = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const found = await api.get<SealCheck>("/api/audit/verify");
      setCheck(found);
      announce(found.brokenAt === null ? `${text.whole} ${text.upTo(found.rows)}` : `${text.broken} ${text.brokenAt(found.brokenAt, found.broken !== null)}`, found.ok ? "polite" : "assertive");
    } catch (failure) {
      setCheck(undefined);
      setError(failure as ApiError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="hl-card aud-seals" aria-label={text.seals}>
      <div className="aud-seals-head">
        <h2>{text.seals}</h2>
        {busy ? <span className="hl-meta">{text.verifying}</span> : check === undefined ? <span className="hl-meta">{text.sealsHint}</span> : <Result check={check} />}
        <Button type="primary" size="small" {...unlessBusy(busy, () => void verify())}>
          {text.verify}
        </Button>
      </div>
      {error === undefined ? null : <ErrorState error={error} what={text.sealsState} onRetry={() => void verify()} />}
      {busy || check === undefined || check.broken === null ? null : <Entry row={check.broken} vocabulary={vocabulary} />}
    </section>
  );
}

function Result({ check: { brokenAt, broken, rows, unsealed, checkedAt } }: { readonly check: SealCheck }): ReactElement {
  const text = useTexts(texts);
  return (
    <>
      {brokenAt === null ? (
        <>
          <StatusTag status="ready">{text.whole}</StatusTag> <span>{text.upTo(rows)}</span>
        </>
      ) : (
        <>
          <StatusTag status="fault">{text.broken}</StatusTag> <span>{text.brokenAt(brokenAt, broken !== null)}</span>
        </>
      )}
      <span className="hl-meta">
        {text.checkedAt(formatTime(checkedAt))}
        {unsealed === 0 ? "" : ` · ${text.fresh(unsealed)}`}
      </span>
    </>
  );
}
