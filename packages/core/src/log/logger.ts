/** pino-shaped: `log.info({ callId }, "call answered")`. Numbers, passwords and tokens are masked before they are written. */
export interface Logger {
  trace(fields: object | string, message?: string): void;
  debug(fields: object | string, message?: string): void;
  info(fields: object | string, message?: string): void;
  warn(fields: object | string, message?: string): void;
  error(fields: object | string, message?: string): void;
  fatal(fields: object | string, message?: string): void;
  child(bindings: object): Logger;
}
