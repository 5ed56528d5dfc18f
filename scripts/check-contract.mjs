// A plugin's contract is copied into the packages that use it, so it may hold only what is the same in every copy:
// tokens (registered symbols), constants, and factories of coded errors. A function or a class would be two of them.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Problems of one result of `packAll`; packages that are no plugins have no contract. */
export async function contractProblems({ folder, manifest }) {
  const target = manifest.exports?.["./contract"]?.import;
  if (!manifest.name.startsWith("@hotlinejs/plugin-") || target === undefined || !existsSync(join(folder, target))) return [];
  const exported = await import(pathToFileURL(join(folder, target)).href);
  return Object.entries(exported)
    .filter(([, value]) => !sameInEveryCopy(value))
    .map(([name]) => `./contract exports ${name}: a contract holds types, tokens, constants and coded errors, nothing else (docs/adr/0005)`);
}

function sameInEveryCopy(value) {
  if (typeof value === "symbol") return Symbol.keyFor(value) !== undefined;
  if (typeof value === "function") return typeof value.code === "string" && value.code.startsWith("HTL_");
  if (typeof value !== "object" || value === null) return true;
  const prototype = Object.getPrototypeOf(value);
  return (Array.isArray(value) || prototype === Object.prototype || prototype === null) && Object.values(value).every(sameInEveryCopy);
}
