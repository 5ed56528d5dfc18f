import { createStore, useStore } from "./store.js";

export interface ConsoleUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly departmentCode: string | null;
  /** 工号, when the user is an agent. */
  readonly agentNumber: string | null;
}

export interface PageEntry {
  readonly plugin: string;
  readonly path: string;
  readonly title: string;
  readonly titleEn?: string;
  readonly permission: string;
  readonly menu?: { readonly icon: string; readonly order: number };
  readonly keepMounted?: boolean;
}

export interface PanelEntry {
  readonly plugin: string;
  readonly slot: string;
  readonly name: string;
  readonly title: string;
  readonly titleEn?: string;
  readonly permission: string;
  readonly order?: number;
}

export interface ScriptEntry {
  readonly plugin: string;
  readonly script: string | null;
  readonly style: string | null;
}

export interface ConsoleSession {
  /** IANA name; times are shown in the hotline's zone, wherever the page is open. */
  readonly timezone: string;
  readonly title: string;
  readonly user: ConsoleUser;
  readonly pages: readonly PageEntry[];
  readonly panels: readonly PanelEntry[];
  readonly scripts: readonly ScriptEntry[];
}

/** Kept by the host; `undefined` before the sign-in. */
export const sessionStore = createStore<ConsoleSession | undefined>(undefined);

/** The session. Only inside of pages, where there is one. */
export function useSession(): ConsoleSession {
  const session = useStore(sessionStore);
  if (session === undefined) throw new Error("there is no session yet");
  return session;
}

export function useUser(): ConsoleUser {
  return useSession().user;
}

/** Whether I have a permission. The server decides again at each request. */
export function useMay(permission: string): boolean {
  return useUser().permissions.includes(permission);
}
