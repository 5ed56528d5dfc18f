import type { FarEnd, TelephonyHarness } from "@hotlinejs/testing/contract";
import { telephonyContract } from "@hotlinejs/testing/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutsideParty } from "../src/virtual/index.js";
import { LineBench } from "./support/line-bench.js";

function farEnd(party: OutsideParty): FarEnd {
  return {
    press: (keys) => party.press(keys),
    say: (hz, ms) => party.say(hz, ms),
    hangup: () => party.hangUp(),
    ended: party.ended,
    heard: () => party.heard(),
    keys: () => party.keys,
  };
}

async function start(): Promise<TelephonyHarness> {
  const bench = await LineBench.start(
    {
      cadence: { onMs: 200, offMs: 400 },
      interDigitMs: 400,
      dialled: (number) => {
        if (number === "600") return { kind: "busy" };
        if (number === "700") return { kind: "no-answer" };
        return { kind: "answer", afterMs: 1_500, script: [{ do: "tone", hz: 620, ms: 500 }] };
      },
    },
    { ringGapMs: 800 },
  );
  let next = 0;
  return {
    adapter: bench.adapter,
    media: bench.engine,
    addresses: { answers: "line:*/13900139000", busy: "line:*/600", rings: "line:*/700", nonsense: "line:nowhere" },
    ringsWithinMs: 6_000,
    async dialIn(number) {
      const { call, party } = await bench.dialIn("1", number);
      return { call, caller: farEnd(party) };
    },
    async answeredBy() {
      await bench.until(() => bench.picked.length > next);
      return farEnd(bench.picked[next++] as OutsideParty);
    },
    calls: () => bench.adapter.calls,
    stop: () => bench.stop(),
  };
}

telephonyContract({ describe, it, expect, beforeAll, afterAll }, "voiceboard", start);
