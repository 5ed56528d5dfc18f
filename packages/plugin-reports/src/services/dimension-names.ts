import { DIRECTORY, token } from "@hotlinejs/core";
import type { Services } from "@hotlinejs/core";
import type { Acd } from "@hotlinejs/plugin-acd/contract";
import type { Tickets } from "@hotlinejs/plugin-tickets/contract";
import type { Dimension } from "../contract.js";

/** Optional partners: only their types are imported, the tokens are found by their names. */
export const ACD = token<Acd>("acd.acd");
export const TICKETS = token<Tickets>("tickets.tickets");

/** Names of the values of dimensions, from whoever has the noun. */
export class DimensionNames {
  constructor(private readonly services: Services) {}

  /** Dimension -> value -> name. A value nobody names is shown as it is. */
  async of(dimensions: readonly Dimension[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const names = new Map<string, ReadonlyMap<string, string>>();
    for (const { id } of dimensions) names.set(id, await this.#names(id));
    return names;
  }

  async #names(dimension: string): Promise<ReadonlyMap<string, string>> {
    switch (dimension) {
      case "kind":
        return new Map(this.services.optional(TICKETS)?.kinds.map(({ key, name }) => [key, name]));
      case "queue":
        return new Map(this.services.optional(ACD)?.queues().map(({ key, name }) => [key, name]));
      case "wrapUp":
        return new Map(this.services.optional(ACD)?.wrapUpCodes().map(({ code, name }) => [code, name]));
      case "department":
        return new Map((await this.services.optional(DIRECTORY)?.listDepartments())?.map(({ code, shortName }) => [code, shortName]));
      default:
        return new Map();
    }
  }
}
