import { createContext, useContext, type ReactElement } from "react";
import type { ConsoleSlots, SlotName } from "./define-ui.js";
import { useSession, type PanelEntry } from "./session.js";
import { titleIn, useLanguage } from "./texts.js";

export interface SlotPanel {
  readonly key: string;
  readonly title: string;
  readonly entry: PanelEntry;
}

/** How the host draws one panel: loads its script, shows an error frame in its place when that fails. */
export const PanelRenderer = createContext<(props: { entry: PanelEntry; props: object }) => ReactElement | null>(() => null);

/** Panels of a slot that I may see, in order, without drawing them (tabs need their titles). */
export function useSlot(name: SlotName): readonly SlotPanel[] {
  const language = useLanguage();
  return useSession()
    .panels.filter((panel) => panel.slot === name)
    .sort((a, b) => (a.order ?? 50) - (b.order ?? 50) || (a.plugin < b.plugin ? -1 : 1))
    .map((entry) => ({ key: `${entry.plugin}/${entry.name}`, title: titleIn(language, entry), entry }));
}

/** Draws one panel. */
export function Panel<S extends SlotName>({ panel, props }: { readonly panel: SlotPanel; readonly slot: S; readonly props: ConsoleSlots[S] }): ReactElement | null {
  const Renderer = useContext(PanelRenderer);
  return <Renderer entry={panel.entry} props={props} />;
}

/** Draws all panels of a slot, one below the other. */
export function Slot<S extends SlotName>({ name, props }: { readonly name: S; readonly props: ConsoleSlots[S] }): ReactElement {
  const panels = useSlot(name);
  return (
    <>
      {panels.map((panel) => (
        <Panel key={panel.key} panel={panel} slot={name} props={props} />
      ))}
    </>
  );
}
