import type { Call } from "@hotlinejs/core";
import type { FlowRoute } from "../config.js";

/**
 * The first route all of whose conditions hold. One without conditions takes every call.
 *
 * @param isOpen whether a calendar is open now; asked only of routes that name one
 */
export function chooseRoute(routes: readonly FlowRoute[], call: Pick<Call, "to" | "via">, isOpen: (calendar: string) => boolean): FlowRoute | undefined {
  return routes.find((route) => {
    if (route.number !== undefined && !numberFits(route.number, call.to.number)) return false;
    for (const kind of ["trunk", "line", "account"] as const) {
      const key = route[kind];
      if (key !== undefined && (call.via.kind !== kind || call.via.key !== key)) return false;
    }
    return route.hours === undefined || isOpen(route.hours.calendar) === (route.hours.when === "open");
  });
}

/** Whether a telephone number is one that callers of this hotline dial. Patterns do not count: a whole range may belong to others, too. */
export function isOwnNumber(routes: readonly FlowRoute[], address: string): boolean {
  const number = /^tel:([^;]+)/i.exec(address)?.[1]?.replace(/[-.() ]/g, "");
  return number !== undefined && routes.some((route) => route.number === number);
}

function numberFits(pattern: string, number: string): boolean {
  return pattern.endsWith("*") ? number.startsWith(pattern.slice(0, -1)) : pattern === number;
}
