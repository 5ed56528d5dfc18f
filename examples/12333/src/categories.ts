import data from "../data/categories.json" with { type: "json" };

/** Fields of business (业务类别): groups and leaves. */
export const categories = [...data.groups, ...data.leaves].map(({ code, name, parent }) => ({ code, name, parent }));
