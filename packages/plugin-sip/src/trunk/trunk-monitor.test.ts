import { afterEach, expect, it } from "vitest";
import { HotlineSide } from "../../test/support/hotline-side.js";
import { Phone } from "../../test/support/phone.js";
import { until } from "../../test/support/hotline-side.js";
import { ManualClock } from "../../test/support/manual-clock.js";

let hotline: HotlineSide;
const phones: Phone[] = [];

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  await hotline.stop();
});

it("asks a carrier by OPTIONS, takes another trunk while it is down, and comes back to it", async () => {
  const clock = new ManualClock();
  const carrier = await new Phone("carrier").start();
  phones.push(carrier);
  let there = true;
  carrier.onRequest = (request) => request.respond({ status: there ? 405 : 503 });
  hotline = new HotlineSide(
    { trunks: [{ key: "first", outbound: { host: "127.0.0.1", port: carrier.port, prefixes: ["1"] }, keepAliveSeconds: 10 }, { key: "second", outbound: { host: "127.0.0.1", port: 9, prefixes: [""] } }] },
    clock,
  );
  await hotline.start();
  const up = (): boolean | null | undefined => hotline.trunks.trunks[0]?.up;
  await until(() => up() === true, "the first answer");
  const choice = (): string => {
    const chosen = hotline.trunks.route("13800138000", () => clock.monotonic()).next();
    if (chosen.kind !== "trunk") return chosen.kind;
    chosen.release();
    return chosen.trunk.key;
  };
  expect(choice()).toBe("first");
  const asked = async (): Promise<void> => {
    const before = carrier.requests.length;
    await clock.advance(10_000);
    await until(() => carrier.requests.length > before, "the next question");
    await until(() => hotline.adapter.agent?.metrics().clientTransactions === 0 || carrier.requests.length > before, "its answer");
  };
  there = false;
  await asked();
  expect(choice()).toBe("first");
  await asked();
  await until(() => up() === false, "the trunk to be down");
  expect(choice()).toBe("second");
  there = true;
  await asked();
  await until(() => up() === true, "the trunk to be up again");
  expect(choice()).toBe("first");
  expect(hotline.events).toEqual(["trunk first down 503", "trunk first up 405"]);
});
