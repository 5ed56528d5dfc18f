import { token } from "@hotlinejs/core";
import type { FaxStore } from "./fax-store.js";

/** The package's own: routes reach the rows by it. */
export const FAX_STORE = token<FaxStore>("fax.store");
