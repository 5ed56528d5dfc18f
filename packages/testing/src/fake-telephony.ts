import { CALL_PIPELINE, CLOCK, definePlugin, IDS, MEDIA, token } from "@hotlinejs/core";
import type { CallPipeline, Clock, EventMap, EventName, Ids, OriginateOptions, OutboundCall, TelephonyAdapter } from "@hotlinejs/core";
import { z } from "zod";
import { FakeCall } from "./fake-call.js";
import type { FakeMediaEngine } from "./fake-media.js";
import type { FakeTrunk } from "./fake-trunk.js";

export interface FakeTelephonyDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly media: FakeMediaEngine;
  readonly pipeline: () => CallPipeline;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
}

/** The telephone network of a test: callers dial in, phones ring. */
export class FakeTelephony implements TelephonyAdapter {
  readonly name = "sip";
  readonly schemes = ["sip", "tel"] as const;
  readonly capabilities = { hold: true, redirect: true, t38: false, earlyMedia: false };
  /** Every call the hotline has made. */
  readonly outbound: FakeCall[] = [];
  /** What was asked for with each of them. */
  readonly asked: { readonly to: string; readonly options: OriginateOptions }[] = [];
  /** Every call, in and out, by its id. */
  readonly calls = new Map<string, FakeCall>();
  readonly #trunks: FakeTrunk[] = [];
  readonly #phones = new Map<string, (call: FakeCall) => void>();
  readonly #deps: FakeTelephonyDeps;

  constructor(deps: FakeTelephonyDeps) {
    this.#deps = deps;
  }

  /** A phone that can be rung at an address. Returns how to unplug it. */
  plug(address: string, ring: (call: FakeCall) => void): () => void {
    this.#phones.set(address, ring);
    this.#deps.publish("endpoint.reachable", { address, adapter: this.name });
    return () => {
      if (this.#phones.get(address) !== ring) return;
      this.#phones.delete(address);
      this.#deps.publish("endpoint.unreachable", { address, adapter: this.name });
    };
  }

  /** One more way out; those that were there before are tried first. */
  addTrunk(trunk: FakeTrunk): void {
    this.#trunks.push(trunk);
  }

  reachable(address: string): boolean | undefined {
    if (this.#phones.has(address)) return true;
    // Of the network outside nothing is known, if there is one.
    const outside = address.startsWith("tel:") && (this.#trunks.length > 0 || [...this.#phones.keys()].some((phone) => phone.startsWith("tel:")));
    return outside ? undefined : false;
  }

  /** A citizen's call arrives over a trunk of this key, or that of a phone here. */
  arrive(from: string, to: string, via: string | FakeCall["via"] = "test", attributes: FakeCall["attributes"] = {}): FakeCall {
    const { clock, ids, media, pipeline } = this.#deps;
    const call = new FakeCall({ id: ids.next(), direction: "inbound", from: { number: from, uri: `sip:${from}@caller.test` }, to: { number: to, uri: `sip:${to}@hotline.test` }, via: typeof via === "string" ? { kind: "trunk", key: via } : via, attributes, clock, makeLeg: () => media.createLeg() });
    this.calls.set(call.id, call);
    const closed = pipeline().admission();
    if (closed === undefined) pipeline().arrive(call);
    else {
      pipeline().turnedAway({ from: call.from, to: call.to, via: call.via }, closed.status);
      void call.hangup({ status: closed.status, reason: "rejected" });
    }
    return call;
  }

  async originate(to: string, options: OriginateOptions = {}): Promise<OutboundCall> {
    const { clock, ids, media } = this.#deps;
    const number = to.replace(/^(sip|tel):/, "").replace(/@.*/, "");
    const call = new FakeCall({ id: options.id ?? ids.next(), direction: "outbound", from: { number: options.from?.number ?? "", uri: options.from?.uri ?? "sip:12333@hotline.test" }, to: { number, uri: to }, clock, makeLeg: () => media.createLeg() });
    this.outbound.push(call);
    this.asked.push({ to, options });
    this.calls.set(call.id, call);
    const timer = clock.setTimeout(() => call.finish("no-answer", "system", 408), options.timeoutMs ?? 30_000);
    void call.answered.then(() => timer.cancel());
    void call.ended.then(() => timer.cancel());
    const giveUp = (): void => void call.hangup({ reason: "cancelled" });
    if (options.signal?.aborted === true) giveUp();
    options.signal?.addEventListener("abort", () => {
      if (call.state !== "answered") giveUp();
    }, { once: true });
    // The network takes a moment: the phone rings after the caller of originate has its call.
    queueMicrotask(() => {
      if (call.state === "ended") return;
      const phone = this.#phones.get(to);
      if (phone === undefined) this.#carry(call, number, this.#trunks.filter((trunk) => trunk.carries(number)));
      else {
        void call.ring();
        phone(call);
      }
    });
    return await Promise.resolve(call);
  }

  /** To the first trunk; should it be down, full or broken, to the next. */
  #carry(call: FakeCall, number: string, [trunk, ...rest]: readonly FakeTrunk[]): void {
    if (trunk === undefined) call.finish("unreachable", "remote", 480);
    else trunk.dial(call, number, rest.length === 0 ? undefined : () => this.#carry(call, number, rest));
  }
}

export const FAKE_TELEPHONY = token<FakeTelephony>("testing.telephony");

/** Stands in for plugin-sip. */
export const fakeTelephony = definePlugin({
  name: "sip",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  requires: ["media"],
  config: z.strictObject({}),
  provides: [FAKE_TELEPHONY],
  register({ services, events, onReady }) {
    services.provide(
      FAKE_TELEPHONY,
      ({ get }) => new FakeTelephony({ clock: get(CLOCK), ids: get(IDS), media: get(MEDIA) as FakeMediaEngine, pipeline: () => get(CALL_PIPELINE), publish: (name, payload) => events.publish(name, payload) }),
    );
    onReady(() => services.get(CALL_PIPELINE).register(services.get(FAKE_TELEPHONY)));
  },
});
