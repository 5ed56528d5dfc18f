import { openMicrophone, problemOf } from "./microphone.js";
import { patchPhone, type SoundKind } from "./phone-state.js";
import { Ringer } from "./ringer.js";
import { SoundMeter } from "./sound-meter.js";

const RING_MS = 1_500;

/** Plays a sound once, on the chosen device with the chosen volume. */
export async function hearSound(kind: SoundKind): Promise<void> {
  const ringer = new Ringer(() => undefined);
  await ringer.open();
  ringer.play(kind);
  setTimeout(() => ringer.close(), RING_MS);
}

/** Tells the level of a microphone until stopped. `opened` once there are names of devices to show. */
export function testMicrophone(deviceId: string, level: (rms: number) => void, opened: () => void): () => void {
  let stopped = false;
  let meter: SoundMeter | undefined;
  let stream: MediaStream | undefined;
  const work = async (): Promise<void> => {
    try {
      stream = await openMicrophone(deviceId);
    } catch (error) {
      patchPhone({ problem: problemOf(error) });
      return;
    }
    if (stopped) return close();
    patchPhone({ problem: undefined });
    opened();
    meter = new SoundMeter(stream, level);
  };
  const close = (): void => {
    meter?.close();
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  void work();
  return () => {
    stopped = true;
    close();
  };
}
