import organisation from "../data/organisation.json" with { type: "json" };

/** Accounts whose passwords are published: good on loopback only. */
export const users = [
  { username: "admin", password: "demo-admin", displayName: "系统管理员", roles: ["admin"], demo: true },
  ...organisation.agents
    .filter((agent) => agent.demo)
    .map((agent) => ({ username: agent.no, password: `demo-${agent.no}`, displayName: agent.name, roles: ["agent"], agentNumber: agent.no, departmentCode: "201", demo: true })),
];

export const roles = organisation.roles.filter((role) => role.id !== "admin").map((role) => ({ name: role.id, title: role.name }));

/** Sections, centres and districts. The discipline group takes no complaints by keyed code. */
export const departments = organisation.departments.map((department) => ({
  code: department.code,
  name: department.name,
  shortName: department.short,
  extension: department.extension,
  offered: department.code !== "114",
}));

export const staff = organisation.staff.map((person) => ({ code: person.code, name: person.name, departmentCode: person.department, offered: !person.code.startsWith("114") }));

/** Agents at their telephones: the extension is the agent's number. */
export const agents = organisation.agents.filter((agent) => agent.demo).map((agent) => ({ number: agent.no, name: agent.name, address: `sip:${agent.no}` }));
