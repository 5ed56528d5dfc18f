import type { ChallengeHandler } from "../stack/index.js";
import { DigestClient } from "./digest-client.js";

/** Answers 401 and 407 with these credentials. */
export function challengeHandler(username: string, password: string): ChallengeHandler {
  const client = new DigestClient({ username, password });
  return ({ challenges, request, attempt }) => client.answer(challenges, { method: request.method, uri: request.uri, body: request.body, attempt });
}
