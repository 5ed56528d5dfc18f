import { Suspense, useEffect, useState, type ComponentType, type ReactElement } from "react";
import { LoadingState, titleIn, useLanguage, useSession, type ConsoleScript, type PageEntry, type PanelEntry } from "../sdk/index.js";
import { BrokenFrame, Frame } from "./frame.js";
import { loadScript, renewScript, ScriptError } from "./scripts.js";

/** A plugin's script, loaded when the first of its parts is drawn. */
function useScript(plugin: string): { readonly script: ConsoleScript | undefined; readonly error: Error | undefined; retry(): void } {
  const session = useSession();
  const entry = session.scripts.find((each) => each.plugin === plugin);
  const [state, setState] = useState<{ script?: ConsoleScript; error?: Error }>({});
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let wanted = true;
    const work = entry === undefined ? Promise.reject(new ScriptError(plugin, "HTL_CONSOLE_NOT_BUILT")) : loadScript(entry);
    work.then(
      (script) => wanted && setState({ script }),
      (error: unknown) => wanted && setState({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return () => {
      wanted = false;
    };
  }, [entry, plugin, attempt]);
  return {
    script: state.script,
    error: state.error,
    retry: () => {
      renewScript(plugin);
      setState({});
      setAttempt((before) => before + 1);
    },
  };
}

export function PagePart({ page }: { readonly page: PageEntry }): ReactElement {
  const title = titleIn(useLanguage(), page);
  const { script, error, retry } = useScript(page.plugin);
  if (error !== undefined) return <BrokenFrame title={title} error={error} onRetry={retry} />;
  if (script === undefined) return <LoadingState rows={8} />;
  const Page = script.pages?.[page.path];
  if (Page === undefined) return <BrokenFrame title={title} error={new ScriptError(page.plugin, "HTL_CONSOLE_SCRIPT_INVALID")} onRetry={retry} />;
  return (
    <Frame title={title} key={page.path} onRetry={retry}>
      <Suspense fallback={<LoadingState rows={8} />}>
        <Page />
      </Suspense>
    </Frame>
  );
}

export function PanelPart({ entry, props }: { readonly entry: PanelEntry; readonly props: object }): ReactElement | null {
  const title = titleIn(useLanguage(), entry);
  const { script, error, retry } = useScript(entry.plugin);
  if (error !== undefined) return <BrokenFrame title={title} error={error} onRetry={retry} />;
  if (script === undefined) return null;
  const panels = script.panels as Readonly<Record<string, Readonly<Record<string, ComponentType<object>>>>> | undefined;
  const Part = panels?.[entry.slot]?.[entry.name];
  if (Part === undefined) return <BrokenFrame title={title} error={new ScriptError(entry.plugin, "HTL_CONSOLE_SCRIPT_INVALID")} onRetry={retry} />;
  return (
    <Frame title={title} onRetry={retry}>
      <Suspense fallback={<LoadingState />}>
        <Part {...props} />
      </Suspense>
    </Frame>
  );
}

/** The count beside a menu's word. Where it cannot be told, there is none. */
export function MenuPart({ page }: { readonly page: PageEntry }): ReactElement | null {
  const { script } = useScript(page.plugin);
  const Count = script?.menus?.[page.path];
  return Count === undefined ? null : (
    <Suspense fallback={null}>
      <Count />
    </Suspense>
  );
}
