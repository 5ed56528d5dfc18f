import type { PhoneProblem } from "./phone-state.js";

/** Whether the microphone can be had; asks for it where it was not asked before. */
export async function microphoneProblem(deviceId: string): Promise<PhoneProblem | undefined> {
  try {
    const stream = await openMicrophone(deviceId);
    for (const track of stream.getTracks()) track.stop();
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/** The chosen microphone, or the system's where that one is not there. Rejects with what `getUserMedia` rejects with. */
export async function openMicrophone(deviceId: string): Promise<MediaStream> {
  const wanted = (exact: boolean): MediaStreamConstraints => ({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(deviceId === "" ? {} : { deviceId: exact ? { exact: deviceId } : deviceId }) }, video: false });
  try {
    return await navigator.mediaDevices.getUserMedia(wanted(true));
  } catch (error) {
    // The head set of yesterday is not plugged in: the system's microphone rather than none.
    if (deviceId === "" || !(error instanceof DOMException) || error.name !== "OverconstrainedError") throw error;
    return navigator.mediaDevices.getUserMedia(wanted(false));
  }
}

export function problemOf(error: unknown): PhoneProblem {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError" ? "denied" : name === "NotFoundError" ? "no-microphone" : name === "NotReadableError" || name === "AbortError" ? "microphone-busy" : "failed";
}
