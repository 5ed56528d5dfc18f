// Lines of a CHANGELOG.md: the changeset's own words. No commit, since readers of a package have no repository before them.
module.exports = {
  getReleaseLine: async ({ summary }) => {
    const [first, ...rest] = summary.trim().split("\n");
    return [`- ${first}`, ...rest.map((line) => (line.trim() === "" ? "" : `  ${line.trim()}`))].join("\n");
  },
  getDependencyReleaseLine: async (_changesets, dependencies) =>
    dependencies.length === 0 ? "" : `- Works with ${dependencies.map(({ name, newVersion }) => `${name} ${newVersion}`).join(", ")}.`,
};
