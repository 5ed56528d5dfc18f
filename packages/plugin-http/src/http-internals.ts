import { token } from "@hotlinejs/core";
import type { HttpConfig } from "./config.js";

/** For the routes of this plugin only: what stands on the page at `/`. */
export const HTTP_HOME = token<HttpConfig["home"]>("http.home");
