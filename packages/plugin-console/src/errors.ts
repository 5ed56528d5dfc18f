import { defineErrors } from "@hotlinejs/core";

export const consoleErrors = defineErrors("CONSOLE", {
  FILE_UNKNOWN: { message: "The console has no file %s", status: 404 },
  BAD_CURSOR: { message: "The cursor is not one of ours", status: 400 },
  NOBODY: { message: "Sign in first", status: 401 },
  NOT_BUILT: { message: "The console's own pages are missing (%s). Build the package, or install it from npm", status: 503 },
});
