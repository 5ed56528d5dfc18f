import type { PromptRef } from "@hotlinejs/core";
import { token } from "@hotlinejs/core";

export { BUSINESS_SYSTEM } from "@hotlinejs/core";
export type { BusinessSystem, LookupAsker, LookupFailure, LookupFieldType, LookupKindView, LookupRequest, LookupResult } from "@hotlinejs/core";

/** How one key or the proof of a kind is asked for on the telephone. */
export interface EntrySpeech {
  readonly name: string;
  readonly length: number;
  readonly prompt: PromptRef;
  /** What the star key stands for. */
  readonly starAs?: string;
  readonly fits: (value: string) => boolean;
}

/** How a kind is asked for and spoken. */
export interface KindSpeech {
  readonly keys: readonly EntrySpeech[];
  readonly proof?: EntrySpeech;
  /** Gets the fields of the record as values. */
  readonly found: PromptRef;
}

/** For the node `lookup`. */
export interface LookupSpeech {
  /** `HTL_BUSINESS_UNKNOWN_KIND`. */
  of(kind: string): KindSpeech;
}

export const LOOKUP_SPEECH = token<LookupSpeech>("business.speech");
