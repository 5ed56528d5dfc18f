import type { DatasetField } from "../contracts/dataset.js";

export type ConditionFieldType = DatasetField["type"];

/** A field conditions may use. */
export interface ConditionField {
  readonly name: string;
  readonly type: ConditionFieldType;
  /** Column in SQL. Default: the name. */
  readonly column?: string;
  /** The only values there are; others in a condition are a mistake. */
  readonly values?: readonly string[];
}

export type FieldCatalogue = ReadonlyMap<string, ConditionField>;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** @throws RangeError for a field given twice or a column that is no plain identifier: a programming error */
export function fieldCatalogue(fields: readonly ConditionField[]): FieldCatalogue {
  const catalogue = new Map<string, ConditionField>();
  for (const field of fields) {
    if (catalogue.has(field.name)) throw new RangeError(`field ${field.name} is given twice`);
    if (!IDENTIFIER.test(field.column ?? field.name)) throw new RangeError(`column ${field.column ?? field.name} of field ${field.name} is no plain identifier`);
    catalogue.set(field.name, field);
  }
  return catalogue;
}

/**
 * The fields of a dataset. Secret ones are never among them, as a condition on a field tells what is
 * in it; personal ones only for those who may see them.
 */
export function datasetCatalogue(fields: readonly DatasetField[], options: { readonly personal: boolean }): FieldCatalogue {
  return fieldCatalogue(fields.filter((field) => field.sensitivity === "public" || (field.sensitivity === "personal" && options.personal)).map(({ name, type }) => ({ name, type })));
}
