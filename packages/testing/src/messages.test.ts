import { BLOBS, definePlugin, MESSAGE_INTAKE, NOTIFICATIONS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { Accepted, Delivery, InboundMessage, NewNotification, Notification } from "@hotlinejs/core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";

const HOUR = 3_600_000;
let dataDir: string;
let test: TestHotline;
let attempts: Notification[];
let told: string[];
let deliver: (notification: Notification) => Delivery | undefined;
let take: (message: InboundMessage) => Accepted | undefined;

const demo = definePlugin({
  name: "demo",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  register({ hooks, events }) {
    hooks.notify.for("email").tap((notification) => {
      attempts.push(notification);
      return deliver(notification);
    });
    hooks.messageArrival.tap((message) => take(message));
    events.consume("demo", "notification.sent", ({ notificationId, state }) => Promise.resolve(void told.push(`${notificationId} ${state}`)));
    events.consume("demo", "notification.failed", ({ notificationId, error }) => Promise.resolve(void told.push(`${notificationId} failed: ${error}`)));
  },
});

const start = (): Promise<TestHotline> => createTestHotline({ plugins: [demo()], dataDir });
const mail = (extra: Partial<NewNotification> = {}): NewNotification => ({ channel: "email", to: "w@example.test", template: "ticket.replied", title: "答复", text: "您的事项已答复", subject: { type: "ticket", id: "t1" }, ...extra });

beforeEach(async () => {
  [attempts, told] = [[], []];
  deliver = () => ({ delivered: true, state: "sent", ref: "<1@hotline>" });
  take = () => undefined;
  dataDir = mkdtempSync(join(tmpdir(), "hotline-messages-"));
  test = await start();
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a notification", () => {
  it("is delivered once and its row tells what was said and what became of it", async () => {
    const { id } = await test.services.get(NOTIFICATIONS).send(mail({ headers: { "in-reply-to": "<q@x>" } }));
    await test.advance(1_000);
    expect(attempts).toMatchObject([{ id, to: "w@example.test", text: "您的事项已答复", headers: { "in-reply-to": "<q@x>" }, attempt: 1 }]);
    expect(told).toEqual([`${id} sent`]);
    expect(await test.services.get(NOTIFICATIONS).get(id)).toMatchObject({ state: "sent", ref: "<1@hotline>", attempts: 1, lastError: null });
    expect(await test.services.get(NOTIFICATIONS).about({ type: "ticket", id: "t1" })).toHaveLength(1);
    await test.services.get(NOTIFICATIONS).report(id, "failed", { error: "550 no such user" });
    await test.advance(1_000);
    expect(told).toEqual([`${id} sent`, `${id} failed: 550 no such user`]);
  });

  it("exists exactly when what it tells of was committed", async () => {
    const work = test.services.get(UNIT_OF_WORK);
    const rolledBack = work.run(async () => {
      await test.services.get(NOTIFICATIONS).send(mail());
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    await test.advance(1_000);
    expect(attempts).toEqual([]);
    expect(await test.services.get(NOTIFICATIONS).about({ type: "ticket", id: "t1" })).toEqual([]);
  });

  it("with the same key is the same; one with a time waits for it and can be taken back", async () => {
    const notifications = test.services.get(NOTIFICATIONS);
    const first = await notifications.send(mail({ key: "urge:1", notBefore: test.clock.now() + HOUR }));
    expect(await notifications.send(mail({ key: "urge:1" }))).toEqual(first);
    await test.advance(HOUR - 1_000);
    expect(attempts).toEqual([]);
    expect(await notifications.cancel(first.id)).toBe(true);
    expect(await notifications.cancel(first.id)).toBe(false);
    await test.advance(HOUR);
    expect(attempts).toEqual([]);
    expect((await notifications.get(first.id))?.state).toBe("cancelled");
  });

  it("that can never be delivered has failed at once", async () => {
    deliver = () => ({ delivered: false, error: "550 no such user" });
    const { id } = await test.services.get(NOTIFICATIONS).send(mail());
    await test.advance(HOUR);
    expect(attempts).toHaveLength(1);
    expect(await test.services.get(NOTIFICATIONS).get(id)).toMatchObject({ state: "failed", lastError: "550 no such user" });
    expect(told).toEqual([`${id} failed: 550 no such user`]);
  });

  it("is tried again over a restart, each try with the same id, and given up after days", async () => {
    deliver = () => {
      throw new Error("connection refused");
    };
    const { id } = await test.services.get(NOTIFICATIONS).send(mail());
    await test.advance(60_000);
    expect(attempts.length).toBeGreaterThan(3);
    expect(await test.services.get(NOTIFICATIONS).get(id)).toMatchObject({ state: "pending", lastError: expect.stringContaining("No channel delivered") as unknown });
    const before = attempts.length;
    await test.close();
    test = await start();
    await test.advance(2 * HOUR);
    expect(attempts.length).toBeGreaterThan(before);
    expect(new Set(attempts.map((each) => each.id))).toEqual(new Set([id]));
    await test.advance(6 * 24 * HOUR);
    expect((await test.services.get(NOTIFICATIONS).get(id))?.state).toBe("failed");
    expect(told).toEqual([expect.stringMatching(new RegExp(`^${id} failed: No channel delivered`)) as unknown as string]);
    const given = attempts.length;
    await test.advance(2 * 24 * HOUR);
    expect(attempts).toHaveLength(given);
  });
});

describe("a message that came in", () => {
  const message = async (): Promise<InboundMessage> => {
    const blob = await test.services.get(BLOBS).put(Buffer.from("附件"), { contentType: "text/plain", owner: "email" });
    return { channel: "email", externalId: "<m1@x>", from: "w@example.test", to: "12333@example.test", subject: "欠薪", text: "三个月没发工资", attachments: [{ blobId: blob.id, fileName: "a.txt", contentType: "text/plain", size: blob.size }], receivedAt: test.clock.now() };
  };

  it("is not acknowledged while nobody takes it, then once, whoever asks and how often", async () => {
    const intake = test.services.get(MESSAGE_INTAKE);
    const arrived = await message();
    await expect(intake.arrive(arrived)).rejects.toMatchObject({ code: "HTL_CORE_MESSAGE_NOT_TAKEN" });
    let asked = 0;
    take = () => {
      asked++;
      return { accepted: true, ref: `ticket:${asked}` };
    };
    expect(await Promise.all([intake.arrive(arrived), intake.arrive(arrived)])).toEqual([{ accepted: true, ref: "ticket:1" }, { accepted: true, ref: "ticket:1" }]);
    await test.close();
    test = await start();
    expect(await test.services.get(MESSAGE_INTAKE).arrive(arrived)).toEqual({ accepted: true, ref: "ticket:1" });
    expect(asked).toBe(1);
  });

  it("keeps its attachments from being swept", async () => {
    take = () => ({ accepted: true, ref: "ticket:1" });
    const arrived = await message();
    const loose = await test.services.get(BLOBS).put(Buffer.from("x"), { contentType: "text/plain", owner: "email" });
    await test.services.get(MESSAGE_INTAKE).arrive(arrived);
    await test.advance(49 * HOUR);
    expect(await test.services.get(BLOBS).info(arrived.attachments[0]?.blobId ?? "")).toBeDefined();
    expect(await test.services.get(BLOBS).info(loose.id)).toBeUndefined();
  });
});
