import { describe, expect, it } from "vitest";
import { differentPels, noisePage, seeded, textPage } from "../../test/support/sample-pages.js";
import type { FaxPage, FaxResult, T30Machine } from "./t30/machine.js";
import { T30Receiver } from "./t30/receiver.js";
import type { ReceiverOptions } from "./t30/receiver.js";
import { T30Sender } from "./t30/sender.js";
import type { SenderOptions } from "./t30/sender.js";
import { decodeIfp } from "./t38/ifp.js";
import { decodeUdptl } from "./t38/udptl.js";
import { decodePage } from "./t6/decode-page.js";
import { encodeMh, encodeT6 } from "./t6/encode-page.js";
import type { Raster } from "./t6/raster.js";
import { FaxTerminal } from "./terminal.js";
import type { TerminalOutput } from "./terminal.js";

interface Side {
  readonly terminal: FaxTerminal;
  readonly pages: FaxPage[];
  readonly trace: string[];
  result: FaxResult | undefined;
}

/** What happens to a datagram on its way: delays of the copies that arrive, ms; none: lost. */
type Path = (octets: Uint8Array, from: "sender" | "receiver", number: number) => readonly number[];

const straight: Path = () => [20];

/** Two terminals and the network between them, under a clock of its own. */
class Exchange {
  now = 0;
  readonly sender: Side;
  readonly receiver: Side;
  readonly #flying: { at: number; order: number; to: Side; octets: Uint8Array }[] = [];
  #order = 0;

  constructor(
    sending: Partial<SenderOptions> & { pages: readonly FaxPage[] },
    readonly path: Path = straight,
    options: { redundancy?: number; version?: number; receiving?: Partial<ReceiverOptions>; machine?: T30Machine } = {},
  ) {
    const { redundancy = 3, version = 0 } = options;
    const make = (machine: T30Machine): Side => ({ terminal: new FaxTerminal({ machine, version, redundancy, maxDatagram: 400 }), pages: [], trace: [], result: undefined });
    this.sender = make(new T30Sender({ localId: "+86 12333", ...sending }));
    this.receiver = make(options.machine ?? new T30Receiver({ localId: "0571 8888", ...options.receiving }));
  }

  run(seconds = 900): this {
    this.#take(this.sender, this.sender.terminal.start(this.now));
    this.#take(this.receiver, this.receiver.terminal.start(this.now));
    while (this.now < seconds * 1000 && (this.sender.result === undefined || this.receiver.result === undefined)) this.#step();
    return this;
  }

  #step(): void {
    const [flight] = this.#flying.sort((a, b) => a.at - b.at || a.order - b.order);
    const times = [flight?.at, this.sender.terminal.deadline, this.receiver.terminal.deadline].filter((at) => at !== undefined);
    if (times.length === 0) throw new Error("both terminals stand still");
    this.now = Math.max(this.now, Math.min(...times));
    if (flight !== undefined && flight.at <= this.now) {
      this.#flying.shift();
      this.#take(flight.to, flight.to.terminal.datagram(flight.octets, this.now));
    }
    for (const side of [this.sender, this.receiver]) this.#take(side, side.terminal.tick(this.now));
  }

  #take(side: Side, outputs: readonly TerminalOutput[]): void {
    for (const output of outputs) {
      if (output.type === "page") side.pages.push(output.page);
      else if (output.type === "trace") side.trace.push(output.text);
      else if (output.type === "done") side.result = output.result;
      else {
        const from = side === this.sender ? "sender" : "receiver";
        for (const delay of this.path(output.octets, from, this.#order)) this.#flying.push({ at: this.now + delay, order: this.#order, to: from === "sender" ? this.receiver : this.sender, octets: output.octets });
        this.#order++;
      }
    }
  }
}

const coded = (raster: Raster, resolution: "standard" | "fine" = "fine"): FaxPage => ({ resolution, coding: "t6", data: encodeT6(raster) });

function expectPages(exchange: Exchange, rasters: readonly Raster[]): void {
  expect(exchange.receiver.pages).toHaveLength(rasters.length);
  for (const [i, raster] of rasters.entries()) {
    const page = exchange.receiver.pages[i] as FaxPage;
    const decoded = decodePage(page.data, { coding: page.coding });
    expect(decoded.whole).toBe(true);
    expect(differentPels(decoded.raster, raster)).toBe(0);
  }
}

/** Loses so much of the datagrams and delays others past their followers; the same ones every time. */
function lossy(seed: number, share: number): Path {
  const random = seeded(seed);
  return () => (random() < share ? [] : random() < 0.1 ? [90] : random() < 0.03 ? [20, 25] : [20]);
}

describe("a fax between our own terminals", () => {
  it.each([[1], [3]])("carries %i pages whole", (count) => {
    const rasters = Array.from({ length: count }, (_, i) => textPage(i + 1, 600));
    const exchange = new Exchange({ pages: rasters.map((raster) => coded(raster)) }).run();
    expect(exchange.sender.result).toEqual({ outcome: "ok", pages: count, remoteId: "0571 8888", bitsPerSecond: 14_400, resentFrames: 0 });
    expect(exchange.receiver.result).toEqual({ outcome: "ok", pages: count, remoteId: "+86 12333", bitsPerSecond: 14_400, resentFrames: 0 });
    expectPages(exchange, rasters);
    expect(exchange.receiver.trace.filter((text) => text === "MCF")).toHaveLength(count);
  });

  it("takes MH pages and the newer form of IFP", () => {
    const raster = textPage(9, 400);
    const exchange = new Exchange({ pages: [{ resolution: "standard", coding: "mh", data: encodeMh(raster) }] }, straight, { version: 3 }).run();
    expect(exchange.receiver.pages[0]).toMatchObject({ coding: "mh", resolution: "standard" });
    expectPages(exchange, [raster]);
  });

  it("carries a page of several blocks", () => {
    const raster = noisePage(5, 420, 1);
    const page = coded(raster);
    expect(page.data.length).toBeGreaterThan(2 * 65_536);
    const exchange = new Exchange({ pages: [page] }).run();
    expectPages(exchange, [raster]);
    expect(exchange.sender.trace.filter((text) => text.startsWith("page 0 block")).length).toBeGreaterThanOrEqual(3);
  });

  it("negotiates anew where the resolution changes", () => {
    const rasters = [textPage(1, 300), textPage(2, 300)];
    const exchange = new Exchange({ pages: [coded(rasters[0] as Raster, "fine"), coded(rasters[1] as Raster, "standard")] }).run();
    expect(exchange.receiver.pages.map((page) => page.resolution)).toEqual(["fine", "standard"]);
    expectPages(exchange, rasters);
    expect(exchange.sender.trace.filter((text) => text.startsWith("DCS"))).toHaveLength(2);
  });

  it.each([[11], [12], [13]])("survives 5 %% loss and reordering by redundancy alone (seed %i)", (seed) => {
    const rasters = [textPage(seed, 800)];
    const exchange = new Exchange({ pages: rasters.map((raster) => coded(raster)) }, lossy(seed, 0.05)).run();
    expect(exchange.receiver.terminal.counts).toMatchObject({ lost: 0 });
    expect(exchange.receiver.terminal.counts.recovered).toBeGreaterThan(10);
    expect(exchange.sender.result).toMatchObject({ outcome: "ok", resentFrames: 0 });
    expectPages(exchange, rasters);
  });

  it("asks for missing frames again where there is no redundancy", () => {
    const random = seeded(7);
    // Page data only: 30 ms of it in a datagram.
    const path: Path = (octets) => (octets.length > 40 && random() < 0.05 ? [] : [20]);
    const rasters = [textPage(21, 1000), textPage(22, 1000)];
    const exchange = new Exchange({ pages: rasters.map((raster) => coded(raster)) }, path, { redundancy: 0 }).run();
    expect(exchange.sender.result?.outcome).toBe("ok");
    expect(exchange.sender.result?.resentFrames).toBeGreaterThan(0);
    expect(exchange.sender.trace).toContain("got PPR");
    expectPages(exchange, rasters);
  });

  it("slows down where a rate does not carry the training check", () => {
    const path: Path = (octets) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      return packet?.kind === "data" && packet.modulation.startsWith("v17") ? [] : [20];
    };
    const raster = textPage(31, 300);
    const exchange = new Exchange({ pages: [coded(raster)] }, path, { redundancy: 0 }).run();
    expect(exchange.sender.result).toMatchObject({ outcome: "ok", bitsPerSecond: 9_600 });
    expect(exchange.sender.trace).toContain("got FTT");
    expectPages(exchange, [raster]);
  });

  it("goes on at a slower rate after four requests (CTC, CTR)", () => {
    const path: Path = (octets) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      const frame = packet?.kind === "data" && packet.modulation === "v17-14400" && packet.fields[0]?.type === "hdlc-data";
      return frame && octets.length % 2 === 1 ? [] : [20];
    };
    const raster = textPage(41, 500);
    const exchange = new Exchange({ pages: [coded(raster)] }, path, { redundancy: 0 }).run();
    expect(exchange.sender.trace).toContain("got CTR");
    expect(exchange.sender.result).toMatchObject({ outcome: "ok", bitsPerSecond: 12_000 });
    expectPages(exchange, [raster]);
  });

  it("hands over what it has where even the slowest rate loses frames (EOR, ERR)", () => {
    const path: Path = (octets) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      const second = packet?.kind === "data" && packet.modulation !== "v21" && packet.fields.some(({ data }) => data?.[0] === 0xff && data[2] === 0x60 && data[3] === 0x40);
      return second ? [] : [20];
    };
    const exchange = new Exchange({ pages: [coded(textPage(51, 300))], maxBitsPerSecond: 2_400 }, path, { redundancy: 0 }).run();
    expect(exchange.sender.trace).toContain("got ERR");
    expect(exchange.sender.result).toMatchObject({ outcome: "ok", pages: 1 });
    expect(exchange.receiver.pages[0]?.badFrames).toBe(1);
  });

  it.each(["MCF", "CFR", "PPS", "DCS"])("says %s again where it was lost", (name) => {
    let dropped = 0;
    const codes: Readonly<Record<string, number>> = { MCF: 0x31, CFR: 0x21, PPS: 0xfd, DCS: 0xc1 };
    const path: Path = (octets) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      if (dropped < 1 && packet?.kind === "data" && packet.modulation === "v21" && packet.fields[0]?.data?.[0] === codes[name]) {
        dropped++;
        return [];
      }
      return [20];
    };
    const rasters = [textPage(61, 200), textPage(62, 200)];
    const exchange = new Exchange({ pages: rasters.map((raster) => coded(raster)) }, path, { redundancy: 0 }).run();
    expect(dropped).toBe(1);
    expect(exchange.sender.result).toMatchObject({ outcome: "ok", pages: 2 });
    expect(exchange.receiver.result).toMatchObject({ outcome: "ok", pages: 2 });
    expectPages(exchange, rasters);
  });

  it("ends well where the last word (DCN) is lost", () => {
    const path: Path = (octets) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      return packet?.kind === "data" && packet.fields[0]?.data?.[0] === 0xdf ? [] : [20];
    };
    const exchange = new Exchange({ pages: [coded(textPage(71, 200))] }, path, { redundancy: 0 }).run();
    expect(exchange.receiver.result).toMatchObject({ outcome: "ok", pages: 1 });
  });

  it("gives up in time where nobody is there", () => {
    const exchange = new Exchange({ pages: [coded(textPage(1, 100))] }, () => []).run(200);
    expect(exchange.sender.result?.outcome).toBe("no-answer");
    expect(exchange.receiver.result?.outcome).toBe("no-answer");
    expect(exchange.now).toBeLessThan(60_000);
  });

  it("gives up in time where the far end goes silent in the middle", () => {
    let cut = false;
    const path: Path = (octets) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      cut ||= packet?.kind === "indicator" && packet.indicator.includes("short");
      return cut ? [] : [20];
    };
    const exchange = new Exchange({ pages: [coded(textPage(1, 200))] }, path).run(300);
    expect(exchange.sender.result?.outcome).toBe("no-response");
    expect(exchange.receiver.result?.outcome).toBe("disconnected");
  });
});
