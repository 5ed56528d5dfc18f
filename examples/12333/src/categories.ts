import data from "../data/categories.json" with { type: "json" };

interface Limits {
  readonly limitDays?: Readonly<Record<string, number>>;
}

/** Fields of business (业务类别): groups and leaves, with the limits in working days by kind. */
export const categories = [...data.groups, ...data.leaves].map((category) => {
  const { code, name, parent, limitDays } = category as typeof category & Limits;
  return { code, name, parent, ...(limitDays === undefined ? {} : { limitDays }) };
});
