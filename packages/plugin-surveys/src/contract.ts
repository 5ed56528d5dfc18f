import { token } from "@hotlinejs/core";
import type { PromptRef } from "@hotlinejs/core";

export interface SurveyOption {
  /** One digit. */
  readonly key: string;
  readonly label: string;
}

/** A survey of one question. */
export interface SurveyDefinition {
  readonly key: string;
  readonly title: string;
  /** What is asked on the phone. */
  readonly question: PromptRef;
  /** 1 to 10 answers. */
  readonly options: readonly SurveyOption[];
  /** Default true. */
  readonly active?: boolean;
}

export interface SurveyResults {
  readonly key: string;
  readonly title: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly total: number;
  readonly options: readonly { readonly key: string; readonly label: string; readonly count: number; /** 0 to 1, `null` without answers. */ readonly share: number | null }[];
}

/** Polls and their answers. */
export interface Surveys {
  get(key: string): Promise<SurveyDefinition | undefined>;
  list(): Promise<readonly SurveyDefinition[]>;
  /** One answer per interaction and survey: a later one replaces the earlier. `HTL_SURVEYS_UNKNOWN`, `HTL_SURVEYS_BAD_ANSWER`. */
  answer(surveyKey: string, option: string, context: { interactionId: string; channel: string }): Promise<void>;
  /** Counts by answer. Dates are business dates, both inclusive. */
  results(surveyKey: string, range?: { from?: string; to?: string }): Promise<SurveyResults>;
}

export const SURVEYS = token<Surveys>("surveys.surveys");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** A citizen answered a poll. */
    "survey.answered": { /** Key of the survey. */ survey: string; /** Key of the answer. */ option: string; interactionId: string };
  }
}
