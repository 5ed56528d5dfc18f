export { tickets } from "./plugin.js";
export { ticketsConfig } from "./config.js";
export type { TicketsConfig } from "./config.js";
export { DEFAULT_KINDS } from "./domain/ticket-kinds.js";
export { DEFAULT_WORKFLOW } from "./domain/ticket-workflow.js";
export type { Workflow, WorkflowState, WorkflowTransition } from "./domain/ticket-workflow.js";
export { groupSerial, isSerial } from "./domain/serial-number.js";
export { TICKET_PROMPTS } from "./ivr/ticket-prompts.js";
export * from "./contract.js";
