import { api, useLoad, type Loaded } from "@hotlinejs/plugin-console/sdk";

export interface Catalogue {
  readonly kinds: readonly { readonly key: string; readonly name: string; readonly limitDays: number | null; readonly anonymousAllowed: boolean; readonly confidentiality: string }[];
  readonly categories: readonly { readonly code: string; readonly name: string; readonly parent: string | null }[];
  readonly states: readonly { readonly id: string; readonly name: string; readonly closed: boolean }[];
  readonly departments: readonly { readonly code: string; readonly name: string; readonly shortName: string; readonly dispatch: boolean }[];
}

export function useCatalogue(): Loaded<Catalogue> {
  return useLoad("tickets catalogue", (signal) => api.get<Catalogue>("/api/tickets/catalogue", {}, { signal }));
}

/** Fields of business with the way to them: `社会保险 / 养老 / 待遇`. Groups themselves are not offered where they have leaves. */
export function categoryOptions({ categories }: Catalogue): { value: string; label: string }[] {
  const byCode = new Map(categories.map((category) => [category.code, category]));
  const parents = new Set(categories.map(({ parent }) => parent));
  const path = (code: string): string => {
    const category = byCode.get(code);
    if (category === undefined) return "";
    return category.parent === null || !byCode.has(category.parent) ? category.name : `${path(category.parent)} / ${category.name}`;
  };
  return categories.filter(({ code }) => !parents.has(code)).map(({ code }) => ({ value: code, label: path(code) }));
}

export function departmentName(catalogue: Catalogue | undefined, code: string | null): string {
  return code === null ? "–" : (catalogue?.departments.find((department) => department.code === code)?.shortName ?? code);
}
