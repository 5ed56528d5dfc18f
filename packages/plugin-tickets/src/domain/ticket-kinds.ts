import type { Confidentiality, TicketCategory, TicketKind } from "../contract.js";
import { errors } from "../errors.js";

/** The natures in use on public hotlines (性质类别), with example limits in working days. */
export const DEFAULT_KINDS: readonly TicketKind[] = [
  { key: "consultation", code: "1", name: "咨询", limitDays: 3 },
  { key: "help", code: "2", name: "求助", limitDays: 5 },
  { key: "complaint", code: "3", name: "投诉", limitDays: 10 },
  { key: "report", code: "4", name: "举报", limitDays: 15, confidentiality: "confidential", codeOnly: true, anonymousAllowed: true },
  { key: "criticism", code: "5", name: "批评", limitDays: 10 },
  { key: "suggestion", code: "6", name: "建议", limitDays: 10 },
  { key: "praise", code: "7", name: "表扬", limitDays: 3 },
  { key: "void", code: "9", name: "无效", limitDays: 0 },
];

const LEVELS: readonly Confidentiality[] = ["normal", "confidential", "secret"];

/** The higher of two levels: a level is only ever raised. */
export function higher(a: Confidentiality, b: Confidentiality): Confidentiality {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}

/** Kinds and categories of a hotline, found by what people call them. */
export class TicketCatalogue {
  private readonly byName = new Map<string, TicketKind>();
  private readonly byCategory: ReadonlyMap<string, TicketCategory>;

  constructor(
    readonly kinds: readonly TicketKind[],
    readonly categories: readonly TicketCategory[],
  ) {
    for (const kind of kinds) for (const name of [kind.key, kind.code, kind.name]) this.byName.set(name, kind);
    this.byCategory = new Map(categories.map((category) => [category.code, category]));
  }

  /** By key, code or Chinese name. */
  kind(name: string): TicketKind {
    const kind = this.byName.get(name);
    if (kind === undefined) throw errors.UNKNOWN_KIND(name);
    return kind;
  }

  findKind(key: string): TicketKind | undefined {
    return this.byName.get(key);
  }

  /** Without categories in the configuration any code is taken as it is. */
  category(code: string | null | undefined): string | null {
    if (code === null || code === undefined || code === "") return null;
    if (this.categories.length > 0 && !this.byCategory.has(code)) throw errors.UNKNOWN_CATEGORY(code);
    return code;
  }

  /** Limit of a field of business for this kind, in working days. */
  limitOf(code: string | null, kind: TicketKind): number | undefined {
    const limits = code === null ? undefined : this.byCategory.get(code)?.limitDays;
    return limits?.[kind.key] ?? limits?.[kind.name] ?? limits?.[kind.code];
  }

  categoryName(code: string | null): string | null {
    return code === null ? null : (this.byCategory.get(code)?.name ?? null);
  }
}
