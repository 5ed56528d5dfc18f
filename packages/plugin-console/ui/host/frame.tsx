import { Component, type ErrorInfo, type ReactElement, type ReactNode } from "react";
import { Button } from "antd";
import { WarningFilled } from "@ant-design/icons";
import { defineTexts, useTexts } from "../sdk/index.js";

const texts = defineTexts({
  zh: { broken: (what: string) => `「${what}」没能显示，其他部分不受影响。`, again: "重新加载", page: "这一部分" },
  en: { broken: (what: string) => `“${what}” cannot be shown; everything else works.`, again: "Reload", page: "This part" },
});

interface FrameProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Called with «重新加载»: whoever loaded the part loads it again. */
  readonly onRetry?: () => void;
}

/** What a part of a plugin breaks stays inside of its frame. */
export class Frame extends Component<FrameProps, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error("a part of the console failed", error, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    const retry = (): void => {
      this.setState({ error: undefined });
      this.props.onRetry?.();
    };
    return <BrokenFrame title={this.props.title} error={this.state.error} onRetry={retry} />;
  }
}

export function BrokenFrame({ title, error, onRetry }: { readonly title: string; readonly error: Error; readonly onRetry: () => void }): ReactElement {
  const text = useTexts(texts);
  return (
    <div className="hl-error hl-broken" role="alert">
      <WarningFilled aria-hidden /> <span>{text.broken(title || text.page)}</span>{" "}
      <Button type="link" size="small" onClick={onRetry}>
        {text.again}
      </Button>
      <code className="hl-code">{"code" in error ? String(error.code) : `${error.name}: ${error.message}`.slice(0, 200)}</code>
    </div>
  );
}
