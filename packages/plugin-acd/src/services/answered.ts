import type { CallSession } from "@hotlinejs/core";

/** Answers the citizen's leg; `false` when the caller is gone. */
export async function answered(session: CallSession): Promise<boolean> {
  if (session.signal.aborted) return false;
  try {
    await session.call.answer();
  } catch (error) {
    if (session.call.signal.aborted) return false;
    throw error;
  }
  return !session.signal.aborted;
}
