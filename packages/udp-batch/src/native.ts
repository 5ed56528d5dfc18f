import { createRequire } from "node:module";

/** The pool as the addon knows it. */
export type NativePool = object & { readonly __pool: never };

/** What native/udp_batch.cc offers. Numbers below zero are errno, negated. */
export interface Native {
  /**
   * `onBatch` is called with the number of datagrams, whose octets stand in `slab` and whose particulars in `meta`. When it returns,
   * those leave that stand in `forwards`: their number, then of each the socket it leaves by and its place in the batch.
   */
  create(onBatch: (count: number) => void, slab: Uint8Array, meta: Int32Array, forwards: Int32Array, datagramBytes: number): NativePool;
  bind(pool: NativePool, address: string, port: number): number;
  localPort(pool: NativePool, socket: number): number;
  connect(pool: NativePool, socket: number, address: string, port: number): number;
  disconnect(pool: NativePool, socket: number): number;
  send(pool: NativePool, socket: number, octets: Uint8Array): number;
  sendTo(pool: NativePool, socket: number, octets: Uint8Array, address: string, port: number): number;
  /** What stands in `forwards` leaves now. */
  flush(pool: NativePool): number;
  /** Of the calling thread. */
  threadSlice(microseconds: number): number;
  /** Of a thread by its number in the system, 0: the calling one; priority 0: none. */
  threadRealtime(priority: number, thread: number): number;
  source(pool: NativePool, index: number): string;
  close(pool: NativePool, socket: number): number;
}

let loaded: Native | Error | undefined;

/** The addon, or why there is none: another system than Linux, or no compiler when the package was installed. */
export function native(): Native | Error {
  loaded ??= load();
  return loaded;
}

const FUNCTIONS: readonly (keyof Native)[] = ["create", "bind", "localPort", "connect", "disconnect", "send", "sendTo", "flush", "threadSlice", "threadRealtime", "source", "close"];

/** What was compiled for another version of this package lacks something, and is as good as none. */
export function complete(found: Partial<Native>): Native | Error {
  const missing = FUNCTIONS.filter((name) => typeof found[name] !== "function");
  return missing.length === 0 ? (found as Native) : new Error(`the addon was compiled for another version (${missing.join(", ")} missing): npm rebuild @hotlinejs/udp-batch`);
}

function load(): Native | Error {
  try {
    // One folder below the package in the sources and in what is built.
    return complete(createRequire(import.meta.url)("../build/Release/udp_batch.node") as Partial<Native>);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
