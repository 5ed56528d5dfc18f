import { useEffect, useState, type ReactElement, type ReactNode } from "react";
import { Button, Skeleton } from "antd";
import { WarningFilled } from "@ant-design/icons";
import type { ApiError } from "./api.js";
import { defineTexts, useTexts } from "./texts.js";

const texts = defineTexts({
  zh: {
    network: "网络没有应答",
    refused: "服务没有接受",
    failed: (what: string) => `没能加载${what}，已填内容不受影响。`,
    forbidden: (what: string) => `你没有查看${what}的权限，可向班长申请。`,
    retry: "重试",
    slow: "仍在加载…",
  },
  en: {
    network: "No answer from the network",
    refused: "The service refused",
    failed: (what: string) => `Could not load ${what}; what you typed is safe. `,
    forbidden: (what: string) => `You may not see ${what}; ask your supervisor.`,
    retry: "Retry",
    slow: "Still loading…",
  },
});

/** Nothing for 200 ms, then the outline of what comes; after 5 s in words too. */
export function LoadingState({ rows = 4 }: { readonly rows?: number }): ReactElement | null {
  const text = useTexts(texts);
  const [age, setAge] = useState(0);
  useEffect(() => {
    const timers = [setTimeout(() => setAge(1), 200), setTimeout(() => setAge(2), 5000)];
    return () => timers.forEach(clearTimeout);
  }, []);
  if (age === 0) return null;
  return (
    <div className="hl-loading" aria-busy>
      <Skeleton active={false} title={false} paragraph={{ rows }} />
      {age === 2 ? <p className="hl-meta">{text.slow}</p> : null}
    </div>
  );
}

/** Why there is nothing, and what one can do. */
export function EmptyState({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }): ReactElement {
  return (
    <div className="hl-empty">
      <span>{children}</span> {action}
    </div>
  );
}

/** What failed, what is safe, what to do; the code small. `what` continues «没能加载…». */
export function ErrorState({ error, what, onRetry }: { readonly error: ApiError | Error; readonly what: string; readonly onRetry?: (() => void) | undefined }): ReactElement {
  const text = useTexts(texts);
  const status = "status" in error ? error.status : undefined;
  const code = "code" in error ? error.code : error.message;
  return (
    <div className="hl-error" role="alert">
      <WarningFilled aria-hidden /> <span>{status === 403 ? text.forbidden(what) : text.failed(what)}</span>{" "}
      {onRetry !== undefined && status !== 403 ? (
        <Button type="link" size="small" onClick={onRetry}>
          {text.retry}
        </Button>
      ) : null}
      <code className="hl-code">{code}</code>
    </div>
  );
}
