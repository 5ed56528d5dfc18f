// Run with few file descriptors: makes legs until there is no other, and tells what became of it. The arguments are the folder and first and last UDP port.
import { join } from "node:path";
import { SystemClock, UuidIds } from "@hotlinejs/core";
import { createMediaEngine } from "@hotlinejs/media";

const [folder, min, max] = process.argv.slice(2);
const clock = new SystemClock();
const told = [];
const log = { error: (fields, message) => told.push(`${fields.code}: ${message}`), warn() {}, info() {}, debug() {}, trace() {}, fatal() {} };
const engine = createMediaEngine({ clock, ids: new UuidIds(clock), log, workers: 1, rtpPorts: { min: Number(min), max: Number(max) } });
await engine.start();
const legs = [];
let refused;
let refusedCapture;
while (refused === undefined) {
  try {
    legs.push(await engine.createRtpLeg());
  } catch (error) {
    refused = { code: error.code, sip: error.sip };
  }
}
const made = legs.length;
try {
  // Node keeps a descriptor or two for itself: a few captures may find room.
  for (let i = 0; i < 20; i++) await legs[0].capture({ path: join(folder, `${i}.cap`) });
} catch (error) {
  refusedCapture = error.code;
}
await Promise.all(legs.splice(0, 5).map((leg) => leg.close()));
legs.push(await engine.createRtpLeg());
const ended = legs.filter((leg) => leg.ended).length;
const [health] = await engine.health();
await engine.stop();
process.stdout.write(JSON.stringify({ made, refused, refusedCapture, ended, waiting: health.waiting, failures: engine.slots[0].failures, told }));
