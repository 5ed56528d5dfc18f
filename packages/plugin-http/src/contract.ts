import { token, type Principal } from "@hotlinejs/core";

/** The running server. */
export interface HttpServerInfo {
  /** The port it listens on (not 0), `undefined` while it does not. */
  readonly port: number | undefined;
  /** `http://127.0.0.1:8080`, for tests and for messages; `undefined` while it does not listen. */
  readonly url: string | undefined;
}

export interface OpenedSession {
  readonly principal: Principal;
  /** Given out once; only its hash is kept. */
  readonly token: string;
}

export interface ResolvedSession {
  readonly id: string;
  readonly principal: Principal;
}

/** Sessions of people who have signed in. */
export interface HttpSessions {
  /**
   * Checks name and password and opens a session. `HTL_HTTP_WRONG_CREDENTIALS`, `HTL_HTTP_TOO_MANY_ATTEMPTS`,
   * `HTL_DIRECTORY_LOCKED`, `HTL_HTTP_NO_DIRECTORY`.
   */
  signIn(username: string, password: string, from: { readonly remoteAddress: string; readonly userAgent?: string }): Promise<OpenedSession>;
  /** The session of a token, while it is valid and its user active. */
  resolve(token: string): Promise<ResolvedSession | undefined>;
  /** Ends the session of a token. Unknown ones do nothing. */
  end(token: string): Promise<void>;
  /** Ends all sessions of a user. */
  endAll(userId: string): Promise<void>;
}

export const HTTP_SERVER = token<HttpServerInfo>("http.server");
export const HTTP_SESSIONS = token<HttpSessions>("http.sessions");

/** How session cookies are set here. */
export interface HttpCookies {
  /** TLS here or in front of us. */
  readonly secure: boolean;
  readonly maxAgeSeconds: number;
}

export const HTTP_COOKIES = token<HttpCookies>("http.cookies");
