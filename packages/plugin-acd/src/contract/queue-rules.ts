/** The rules of a queue that can be changed while the hotline runs. */
export interface QueueRules {
  /** Key of the queue. */
  readonly queue: string;
  readonly name: string;
  /** Of the changes; goes with the next one, so that nobody overwrites what they have not seen. 0: none was ever made. */
  readonly version: number;
  /** What counts now, by name of the setting, as in the configuration reference; what is not there has no value. */
  readonly rules: Readonly<Record<string, unknown>>;
  /** The same without the changes. */
  readonly configured: Readonly<Record<string, unknown>>;
  /** Which of them were changed, by whom and when. */
  readonly changed: readonly ChangedRule[];
  /** Changes that do not count, since what they name is no longer there or no longer allowed. They are kept until somebody takes them back. */
  readonly leftOut: readonly (ChangedRule & { readonly value: unknown; /** What is wrong, and what to do. */ readonly why: string })[];
}

export interface ChangedRule {
  /** Name of the setting. */
  readonly rule: string;
  /** User id of who changed it. */
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
}

export interface QueueRulesChange {
  /** Of the rules as they were read. */
  readonly version: number;
  /** Values by name of the setting, each as a whole. */
  readonly rules?: Readonly<Record<string, unknown>>;
  /** Names of those that shall be as configured again. */
  readonly reset?: readonly string[];
}
