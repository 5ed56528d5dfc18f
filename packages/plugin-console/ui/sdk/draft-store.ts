import { sessionStore } from "./session.js";
import { serverNow } from "./clock.js";

/** Local copies are kept this long. */
const KEEP_MS = 24 * 3_600_000;
const PREFIX = "hotline.draft.";

/** What a form holds that was not sent yet. */
export interface StoredDraft<T = Readonly<Record<string, unknown>>> {
  /** Last change, epoch ms of the server's clock. */
  readonly at: number;
  readonly values: T;
}

/** A draft with the key its form gave to `useDraft`. */
export interface KeyedDraft extends StoredDraft {
  readonly key: string;
}

/** Forms on the page that have something not put by yet. */
const savers = new Set<() => void>();
/** Forms on the page by the key of their draft. */
const takers = new Map<string, (draft: StoredDraft) => void>();

/** The place of my draft in the browser's storage. */
export function draftPlace(key: string): string {
  return `${PREFIX}${sessionStore.get()?.user.id ?? ""}.${key}`;
}

export function readDraft<T>(place: string): StoredDraft<T> | undefined {
  let found: StoredDraft<T> | undefined;
  withStorage((storage) => {
    const text = storage.getItem(place);
    if (text === null) return;
    const stored = JSON.parse(text) as StoredDraft<T>;
    if (serverNow() - stored.at < KEEP_MS) found = stored;
    else storage.removeItem(place);
  });
  return found;
}

export function writeDraft(place: string, { at, values }: StoredDraft<object>): void {
  withStorage((storage) => storage.setItem(place, JSON.stringify({ at, values })));
}

export function removeDraft(place: string): void {
  withStorage((storage) => storage.removeItem(place));
}

/** At sign-out nothing of anybody's stays on this computer. */
export function forgetDrafts(): void {
  for (const place of places("")) removeDraft(place);
}

/** Whether something typed is kept about an object, whatever the form. */
export function hasDraftAbout(id: string): boolean {
  return places("").some((place) => place.includes(id));
}

/** My drafts about an object, whatever the form, with what was typed this moment. */
export function draftsAbout(id: string): readonly KeyedDraft[] {
  for (const save of [...savers]) save();
  const mine = draftPlace("");
  return places(mine)
    .filter((place) => place.slice(mine.length).includes(id))
    .flatMap((place) => {
      const draft = readDraft<KeyedDraft["values"]>(place);
      return draft === undefined ? [] : [{ key: place.slice(mine.length), at: draft.at, values: draft.values }];
    });
}

/** Throws my drafts about an object away: somebody else goes on with them. */
export function dropDraftsAbout(id: string): void {
  const mine = draftPlace("");
  for (const place of places(mine)) if (place.slice(mine.length).includes(id)) removeDraft(place);
}

/** A colleague's drafts become mine: forms on the page show them at once, others when they are opened. */
export function takeDrafts(drafts: readonly KeyedDraft[]): void {
  for (const { key, at, values } of drafts) {
    const place = draftPlace(key);
    const taker = takers.get(place);
    if (taker !== undefined) taker({ at, values });
    else writeDraft(place, joinDrafts({ at, values }, readDraft(place)));
  }
}

/**
 * A draft that comes from somebody else with what I have typed myself: field by field the later one counts, and a field nobody has
 * touched counts for nothing.
 *
 * @param initial the form without a draft; where it is not known, empty fields are those nobody has touched
 */
export function joinDrafts<T extends object>(given: StoredDraft<T>, own: StoredDraft<T> | undefined, initial?: T): StoredDraft<T> {
  const touched = (values: T, field: keyof T): boolean => (initial === undefined ? isFilled(values[field]) : JSON.stringify(values[field]) !== JSON.stringify(initial[field]));
  const values = { ...initial, ...given.values } as T;
  if (own === undefined) return { at: given.at, values };
  for (const field of Object.keys(own.values) as (keyof T)[]) {
    if (touched(own.values, field) && (own.at > given.at || !touched(given.values, field))) values[field] = own.values[field];
  }
  return { at: Math.max(own.at, given.at), values };
}

/** Fields somebody has filled in; `key`, by habit that of the submission, is none. */
export function countFilled(drafts: readonly KeyedDraft[]): number {
  return drafts.reduce((sum, { values }) => sum + Object.entries(values).filter(([field, value]) => field !== "key" && isFilled(value)).length, 0);
}

/** A form of the page: what it has not put by yet, and how it takes a colleague's draft. Returns how it goes away. */
export function joinPage(place: string, form: { readonly save: () => void; readonly take: (draft: StoredDraft) => void }): () => void {
  savers.add(form.save);
  takers.set(place, form.take);
  return () => {
    savers.delete(form.save);
    if (takers.get(place) === form.take) takers.delete(place);
  };
}

function isFilled(value: unknown): boolean {
  if (typeof value === "string") return value.trim() !== "";
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false;
}

function places(prefix: string): readonly string[] {
  const found: string[] = [];
  withStorage((storage) => {
    for (let index = 0; index < storage.length; index++) {
      const place = storage.key(index);
      if (place?.startsWith(prefix === "" ? PREFIX : prefix) === true) found.push(place);
    }
  });
  return found;
}

/** Storage may be forbidden or full; the form works without. */
function withStorage(use: (storage: Storage) => void): void {
  try {
    use(sessionStorage);
  } catch (error) {
    console.warn("draft not kept", error);
  }
}
