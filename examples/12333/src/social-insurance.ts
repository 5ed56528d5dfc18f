import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { definePlugin } from "@hotlinejs/core";
import { z } from "zod";
import data from "../data/social-insurance.json" with { type: "json" };
import { exampleErrors } from "./errors.js";

const question = z.strictObject({ idNumber: z.string().max(18), pin: z.string().max(6).optional() });
const MOST_OCTETS = 4_096;

/** Stands in for the social-insurance bureau's own system: made-up accounts, on this machine only, for whoever has its token. */
export class SocialInsuranceService {
  readonly token = randomBytes(24).toString("base64url");
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  /** Where it listens; throws while it does not. */
  get url(): string {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw exampleErrors.INSURANCE_DOWN();
    return `http://127.0.0.1:${address.port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, body: unknown): void => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (!sameText(request.headers.authorization ?? "", `Bearer ${this.token}`)) return reply(401, { error: "unauthorized" });
    if (request.method !== "POST" || request.url !== "/accounts/pension") return reply(404, { error: "no such address" });
    const parts: Buffer[] = [];
    let octets = 0;
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        octets += part.length;
        if (octets > MOST_OCTETS) return reply(413, { error: "too long" });
        parts.push(part);
      }
    } catch {
      // The other side went away in the middle of its question: there is nobody to answer.
      return;
    }
    const asked = question.safeParse(parsed(Buffer.concat(parts).toString("utf8")));
    if (!asked.success) return reply(400, { error: "not a question" });
    const account = data.accounts.find(({ idNumber }) => idNumber === asked.data.idNumber);
    // A wrong PIN and an unknown person get one answer.
    if (account === undefined || (asked.data.pin !== undefined && !sameText(asked.data.pin, account.pin))) return reply(404, { error: "no such account" });
    reply(200, { asOf: data.asOf, months: account.months, balance: account.balance, state: account.state });
  }
}

/** Starts and stops the service with the hotline. */
export const socialInsurance = (service: SocialInsuranceService) =>
  definePlugin({
    name: "social-insurance",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    critical: false,
    config: z.strictObject({}),
    register({ onStart, onStop }) {
      let started = false;
      onStart(async () => {
        await service.start();
        started = true;
      });
      onStop(() => (started ? service.stop() : undefined));
    },
  });

function sameText(a: string, b: string): boolean {
  const one = Buffer.from(a);
  const other = Buffer.from(b);
  return one.length === other.length && timingSafeEqual(one, other);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Whatever it is, it is no question.
    return undefined;
  }
}
