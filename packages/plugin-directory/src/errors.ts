import { defineErrors } from "@hotlinejs/core";

export const directoryErrors = defineErrors("DIRECTORY", {
  DEMO_PASSWORDS: {
    message: "Accounts %s have published demo passwords, which are allowed only while everything listens on loopback. Set HOTLINE_ADMIN_PASSWORD (at least 8 characters) or HOTLINE_HOST=127.0.0.1",
  },
  LOCKED: { message: "Too many failed attempts; try again in %s s", status: 429 },
  BUSY: { message: "Too many sign-ins at once; try again", status: 503 },
  PASSWORD_EMPTY: { message: "The password of %s is empty", status: 400 },
  PASSWORD_WEAK: { message: "The password of %s is too weak: %s", status: 400 },
  PASSWORD_WRONG: { message: "The present password does not fit", status: 403 },
  USER_EXISTS: { message: "There is already an account named %s", status: 409 },
  USER_UNKNOWN: { message: "No account %s", status: 404 },
  AGENT_NUMBER_TAKEN: { message: "Agent number %s belongs to another account", status: 409 },
  ROLE_UNKNOWN: { message: "No role %s", status: 400 },
  PERMISSION_UNKNOWN: { message: "No present plugin has the permission %s. GET /api/directory/roles shows the names that are in use", status: 400 },
  ROLE_FIXED: { message: "Role %s always has all permissions", status: 409 },
  DEPARTMENT_UNKNOWN: { message: "No department %s", status: 400 },
  NOT_ABOVE: { message: "This account or role has permissions that you do not have", status: 403 },
  LAST_ADMIN: { message: "%s is the last active administrator", status: 409 },
  SEED_INVALID: { message: "Directory option %s: %s" },
});
