import organisation from "../data/organisation.json" with { type: "json" };

/** One of each role that a ticket passes on its way (dispatcher, expediter, director, report officer), the analyst and a team leader. */
const DESK = ["1601", "1611", "1501", "1651", "1641", "1901"];
/** Team leaders have a telephone of their own, to go into calls with, and serve no queue. */
const LEADERS = ["1901"];
/** Liaison officer of the labour law enforcement brigade (204). */
const LIAISON = ["20402"];

/** Accounts whose passwords are published: good on loopback only. */
export const users = [
  { username: "admin", password: "demo-admin", displayName: "系统管理员", roles: ["admin"], demo: true },
  ...organisation.agents
    .filter((agent) => agent.demo)
    .map((agent) => ({ username: agent.no, password: `demo-${agent.no}`, displayName: agent.name, roles: ["agent"], agentNumber: agent.no, departmentCode: "201", demo: true })),
  ...organisation.management
    .filter((person) => DESK.includes(person.no))
    .map((person) => ({ username: person.no, password: `demo-${person.no}`, displayName: person.name, roles: person.roles, agentNumber: person.no, departmentCode: person.department, demo: true })),
  ...organisation.staff
    .filter((person) => LIAISON.includes(person.code))
    .map((person) => ({ username: person.code, password: `demo-${person.code}`, displayName: person.name, roles: person.roles, departmentCode: person.department, demo: true })),
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
export const agents = [
  ...organisation.agents.filter((agent) => agent.demo).map((agent) => ({ number: agent.no, name: agent.name, address: `sip:${agent.no}`, queues: ["general", "written", ...(agent.skills.some(({ id }) => id === "complaint") ? ["complaint"] : [])] })),
  ...organisation.management.filter((person) => LEADERS.includes(person.no)).map((person) => ({ number: person.no, name: person.name, address: `sip:${person.no}`, queues: [] })),
];

/** Departments the hotline gives no tickets to: they take what comes themselves. */
export const noDispatch = organisation.departments.filter((department) => department.acceptsDispatch === false).map((department) => department.code);

/** Where departments are urged by mail. `.example` belongs to nobody (RFC 2606). */
export const mailboxes = Object.fromEntries(organisation.departments.map((department) => [department.code, `${department.code}@renshe.example`]));
