import { token } from "../di/token.js";

/** One column of a dataset. */
export interface DatasetField {
  readonly name: string;
  /** Shown to people, in Chinese first. */
  readonly label: string;
  readonly type: "string" | "number" | "boolean" | "date" | "datetime" | "duration";
  /** Who may see it: `public` all who see the dataset; `personal` masked without the permission; `secret` left out. */
  readonly sensitivity: "public" | "personal" | "secret";
}

/** A versioned view other parts may read across plugins. */
export interface Dataset {
  /** `<plugin>.<noun>`, for example `acd.calls`. */
  readonly name: string;
  readonly version: number;
  readonly permission: string;
  readonly fields: readonly DatasetField[];
  /** Table or view in the main database that has a column per field. */
  readonly source: string;
}

/** The datasets of core and of the plugins present. Filled by the kernel. Read them on READ_POOL only. */
export const DATASETS = token<readonly (Dataset & { readonly plugin: string })[]>("core.datasets");
