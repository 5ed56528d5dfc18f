import type { BusinessSystem, Clock, LookupAsker, LookupKindView, LookupRequest, LookupResult, ReadPool, Secrets, UnitOfWork } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import type { BusinessConfig, KindConfig } from "../config.js";
import type { KindSpeech, LookupSpeech } from "../contract.js";
import { fits, kindSpeech } from "../domain/kind-speech.js";
import { maskKey } from "../domain/mask-key.js";
import { recordSchema } from "../domain/record-schema.js";
import { LookupLockEntity } from "../entities/lookup-lock.entity.js";
import { errors } from "../errors.js";
import type { LookupGuard } from "./lookup-guard.js";
import type { RecordCache } from "./record-cache.js";
import type { RestClient, RestRequest } from "./rest-client.js";

export interface LookupServiceDeps {
  readonly config: BusinessConfig;
  readonly clients: ReadonlyMap<string, RestClient>;
  readonly guard: LookupGuard;
  readonly cache: RecordCache;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly secrets: Pick<Secrets, "blindIndex">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the system said, before it is counted. */
type Answer = { readonly outcome: "found"; readonly record: Readonly<Record<string, unknown>> } | { readonly outcome: "not-found" } | Extract<LookupResult, { outcome: "unavailable" }>;

interface Kind {
  readonly config: KindConfig;
  readonly speech: KindSpeech;
  readonly schema: ReturnType<typeof recordSchema>;
}

export class LookupService implements BusinessSystem, LookupSpeech {
  readonly #kinds: ReadonlyMap<string, Kind>;

  constructor(private readonly deps: LookupServiceDeps) {
    this.#kinds = new Map(deps.config.kinds.map((config) => [config.key, { config, speech: kindSpeech(config), schema: recordSchema(config.fields) }]));
  }

  kinds(): readonly LookupKindView[] {
    const labels = ({ label, labelEn }: { readonly label: string; readonly labelEn?: string | undefined }) => ({ label, ...(labelEn === undefined ? {} : { labelEn }) });
    return this.deps.config.kinds.map(({ key, name, nameEn, keys, proof, fields }) => ({
      key,
      name,
      ...(nameEn === undefined ? {} : { nameEn }),
      keys: keys.map((each) => ({ name: each.name, ...labels(each), length: each.length })),
      ...(proof === undefined ? {} : { proof: { ...labels(proof), length: proof.length, deskMayOmit: proof.deskMayOmit } }),
      fields: fields.map((field) => ({ name: field.name, ...labels(field), type: field.words === undefined ? field.type : "text", ...wordsInEnglish(field) })),
    }));
  }

  of(kind: string): KindSpeech {
    return this.#kind(kind).speech;
  }

  lockedUntil(asker: LookupAsker): Promise<number | undefined> {
    return this.deps.guard.lockedUntil((key) => this.deps.readPool.read((em) => em.findOne(LookupLockEntity, { key })), asker);
  }

  async lookup(request: LookupRequest): Promise<LookupResult> {
    const kind = this.#kind(request.kind);
    this.#check(kind.config, request);
    const person = personOf(kind.config, request.keys);
    // An agent who looks without a proof guesses nothing: only the audit counts that.
    const keys = request.asker.channel === "desk" && request.proof === undefined ? [] : this.deps.guard.keys(request.asker, person);
    const locked = keys.length === 0 ? undefined : await this.deps.unitOfWork.run((uow) => this.deps.guard.begin(uow, keys));
    if (locked !== undefined) return this.#told(kind.config, request, { outcome: "locked", until: locked.until });
    return this.#told(kind.config, request, await this.#ask(kind, request, person), keys);
  }

  #kind(key: string): Kind {
    const kind = this.#kinds.get(key);
    if (kind === undefined) throw errors.UNKNOWN_KIND(key);
    return kind;
  }

  #check(kind: KindConfig, { keys, proof, asker }: LookupRequest): void {
    for (const key of kind.keys) if (!fits(key, keys[key.name] ?? "")) throw errors.BAD_KEY(key.label);
    if (kind.proof === undefined) return;
    if (proof === undefined) {
      if (asker.channel !== "desk" || !kind.proof.deskMayOmit) throw errors.PROOF_NEEDED(kind.proof.label);
    } else if (!fits(kind.proof, proof)) throw errors.BAD_KEY(kind.proof.label);
  }

  async #ask({ config: kind, schema }: Kind, request: LookupRequest, person: string): Promise<Answer> {
    const { clients, cache, secrets, log } = this.deps;
    // Cached by the proof too: a record found with the right one is not told for a wrong one.
    const cacheKey = secrets.blindIndex(JSON.stringify(["record", kind.key, person, request.proof ?? null]));
    const known = cache.get(cacheKey);
    if (known !== undefined) return { outcome: "found", record: known };
    const client = clients.get(kind.system);
    if (client === undefined) return { outcome: "unavailable", cause: "unreachable" };
    const answer = await client.ask(requestOf(kind, request));
    if ("failure" in answer) return { outcome: "unavailable", cause: answer.failure };
    if (kind.notFound.includes(answer.status)) return { outcome: "not-found" };
    if (answer.status < 200 || answer.status > 299) {
      log.warn({ system: kind.system, kind: kind.key, status: answer.status }, "a business system refused to answer");
      return { outcome: "unavailable", cause: "refused" };
    }
    const parsed = schema.safeParse(json(answer.body));
    if (!parsed.success) {
      // Which fields are wrong, never what was in them.
      log.warn({ system: kind.system, kind: kind.key, fields: parsed.error.issues.map((issue) => issue.path.join(".")) }, "a business system answered otherwise than agreed");
      return { outcome: "unavailable", cause: "bad-answer" };
    }
    cache.set(cacheKey, parsed.data, kind.cacheSeconds);
    return { outcome: "found", record: parsed.data };
  }

  /** Counted and audited in one unit of work, before anybody hears of it. */
  #told(kind: KindConfig, request: LookupRequest, answer: Answer | Exclude<LookupResult, { outcome: "found" }>, keys: readonly string[] = []): Promise<LookupResult> {
    const { guard, unitOfWork } = this.deps;
    const shown = Object.fromEntries(kind.keys.map(({ name }) => [name, maskKey(request.keys[name] ?? "")]));
    return unitOfWork.run(async (uow) => {
      let result: LookupResult;
      if (answer.outcome === "found") {
        await guard.succeeded(uow, keys);
        result = { ...answer, shown };
      } else if (answer.outcome === "not-found") {
        result = { outcome: "not-found", left: await guard.failed(uow, keys) };
      } else {
        if (answer.outcome === "unavailable") await guard.undone(uow, keys);
        result = answer;
      }
      const { asker } = request;
      uow.audit({
        actor: asker.actor,
        action: "business.lookup",
        subject: { type: "record", id: kind.key },
        details: { channel: asker.channel, result: result.outcome, proof: request.proof !== undefined, keys: shown, ...(asker.interactionId === undefined ? {} : { interactionId: asker.interactionId }) },
        outcome: result.outcome === "found" ? "done" : result.outcome === "unavailable" ? "failed" : "refused",
      });
      return result;
    });
  }
}

/** One person of one system, whatever is asked about. */
function personOf(kind: KindConfig, keys: Readonly<Record<string, string>>): string {
  return JSON.stringify([kind.system, ...kind.keys.map(({ name }) => keys[name] ?? "")]);
}

function requestOf(kind: KindConfig, { keys, proof, signal }: LookupRequest): RestRequest {
  const inPath = new Set([...kind.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const path = kind.path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(keys[name] ?? ""));
  const rest = Object.fromEntries(kind.keys.filter(({ name }) => !inPath.has(name)).map(({ name }) => [name, keys[name] ?? ""]));
  const common = { method: kind.method, label: kind.path, idempotent: kind.idempotent ?? kind.method === "GET", ...(signal === undefined ? {} : { signal }) };
  if (kind.method === "GET") {
    const query = new URLSearchParams(rest).toString();
    const header = kind.proof?.header;
    return { ...common, path: path + (query === "" ? "" : `?${query}`), ...(header === undefined || proof === undefined ? {} : { headers: { [header.toLowerCase()]: proof } }) };
  }
  return { ...common, path, body: { ...rest, ...(kind.proof === undefined || proof === undefined ? {} : { [kind.proof.name]: proof }) } };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No JSON: the schema refuses it like any other wrong answer.
    return undefined;
  }
}

/** What people read in Chinese -> the same in English, as far as it is known. */
function wordsInEnglish({ words = {}, wordsEn }: Pick<KindConfig["fields"][number], "words" | "wordsEn">): { readonly wordsEn?: Readonly<Record<string, string>> } {
  if (wordsEn === undefined) return {};
  return { wordsEn: Object.fromEntries(Object.entries(words).flatMap(([code, word]) => (wordsEn[code] === undefined ? [] : [[word, wordsEn[code]]]))) };
}
