import { token } from "@hotlinejs/core";
import type { AgentCall, AgentScreen, EmergencyContact, FollowedCall, FollowedTalk, PickupOptions, ScreenHandover } from "./agent-call.js";
import type { AnnouncedTo, Announcement } from "./announcements.js";
import type { WatchMode, WatchOptions, Watching } from "./watching.js";

/**
 * The agents' telephones. State changes only by what the telephones tell; a command resolves when it was
 * carried out, and is refused with `HTL_ACD_NO_CALL` or `HTL_ACD_CALL_STATE` when the call is no longer
 * as the agent saw it. Targets are agents (工号), extensions or telephone numbers; each dial asks `callOutbound`.
 */
export interface AgentCalls {
  /** Whom agents may reach in an emergency: the target `emergency:<key>` of `transfer`, `consult` and `dial`, each use in the audit. */
  emergencyContacts(): readonly EmergencyContact[];
  current(agent: string): AgentCall | undefined;
  /** Gives the ringing call back: the next agent is tried. */
  reject(agent: string): Promise<void>;
  /**
   * Call pickup (代接): a call that rings at a colleague rings at this agent's phone instead, which is asked to answer by itself
   * (RFC 5373). Without `from` the one that rings longest. The colleague has missed nothing; not being ready is no hindrance.
   * In the audit before it is done. `HTL_ACD_NOTHING_TO_PICK_UP`, `HTL_ACD_PICKUP_NOT_ALLOWED`, `HTL_ACD_AGENT_BUSY`,
   * `HTL_ACD_AGENT_UNREACHABLE`, `HTL_ACD_SIGNED_OUT`, `HTL_ACD_UNKNOWN_AGENT`.
   */
  pickUp(agent: string, options: PickupOptions): Promise<AgentCall>;
  /** The caller hears music. */
  hold(agent: string): Promise<void>;
  retrieve(agent: string): Promise<void>;
  /** Blind: the agent is free at once; when nobody answers the agent's phone is rung again. */
  transfer(agent: string, to: string, actor: string): Promise<void>;
  /**
   * Gives the caller to a queue: the agent is free (with wrap-up), the caller waits there with what is known of the call. When
   * that queue takes nobody in, the flow goes on with its outcome. Only for callers a queue gave. `HTL_ACD_UNKNOWN_QUEUE`;
   * `HTL_ACD_QUEUE_FROZEN` while the hotline is being stopped: the agent keeps the caller.
   */
  toQueue(agent: string, queue: string, actor: string): Promise<void>;
  /**
   * The caller is held while the agent rings somebody else; from a conference its members go on without the agent. Resolves when that
   * phone is being rung. `HTL_ACD_AGENT_BUSY`; `HTL_ACD_CONFERENCE_FULL` where nobody else fits in.
   */
  consult(agent: string, to: string, actor: string): Promise<void>;
  /** Talks with the other of the two, or with the others of the conference; who is left alone hears music. */
  swap(agent: string): Promise<void>;
  /** The agent is free, all others talk: caller and consulted, or a whole conference. A colleague among them has the caller, and the conference. */
  complete(agent: string): Promise<void>;
  /** All talk: agent, caller, who was asked, and who is in the conference already. */
  conference(agent: string): Promise<void>;
  /**
   * Lets one member of the agent's conference go (移除): hung up. In the audit before it is done. `HTL_ACD_UNKNOWN_MEMBER`: gone already;
   * `HTL_ACD_CALLER_STAYS` for the citizen.
   */
  remove(agent: string, member: string, actor: string): Promise<void>;
  /** One member is not heard by the others any more (静音), or heard again; it hears all as before. In the audit before it is done. `HTL_ACD_UNKNOWN_MEMBER`. */
  mute(agent: string, member: string, options: { readonly muted: boolean; readonly actor: string }): Promise<void>;
  /** The conference is over for all (全部结束): members and agent are let go, and the caller goes on as after any call the agent ends. In the audit before it is done. */
  end(agent: string, actor: string): Promise<void>;
  /** Ends the consultation; the caller is taken off hold, or the agent is in the conference again. Takes a caller back who is in a flow. */
  cancel(agent: string): Promise<void>;
  /** Flows an agent may send callers to (`desk: true`). */
  flows(): readonly { readonly id: string; readonly title: string }[];
  /**
   * Sends the caller to a flow, to key in a PIN unheard or be identified. The agent stays on the line, hears nothing of it and has
   * the caller back when the flow is over, however it ends. Resolves when the caller is in it. `HTL_ACD_UNKNOWN_FLOW`.
   */
  toFlow(agent: string, flow: string, actor: string): Promise<void>;
  /** What may be played into calls today: approved, valid, with all words of the search in title, topic, keywords or text. */
  announcements(search?: string): readonly Announcement[];
  /**
   * Plays an approved prompt or article to the caller while the agent talks with them; one that runs is cut. It is mixed into the
   * conversation: caller and agent go on to hear each other, the agent hears the announcement too (`both`) or not (`citizen`), a
   * supervisor who listens always does.
   * Resolves when it is being prepared; how it goes on is told by `acd.agent-call`. Hold, consultation, transfer and hang-up cut it.
   * In the journal of the interaction with what was heard, and in the audit. `HTL_ACD_UNKNOWN_ANNOUNCEMENT`, `HTL_ACD_CALL_STATE`.
   */
  announce(agent: string, announcement: string, options: { readonly to: AnnouncedTo; readonly actor: string }): Promise<void>;
  /** Ends what is being played; resolves when it is over. No effect when nothing is. */
  stopAnnouncement(agent: string): Promise<void>;
  /** Keys to whom the agent talks with. */
  dtmf(agent: string, digits: string): Promise<void>;
  /** The agent leaves: in a consultation only that ends, in a conference the others talk on; a caller in a flow is taken back. */
  hangup(agent: string): Promise<void>;
  /** Rings the agent's own phone, then the number. `HTL_ACD_AGENT_BUSY`, `HTL_ACD_AGENT_UNREACHABLE`, `HTL_ACD_SIGNED_OUT`. */
  dial(agent: string, to: string, actor: string): Promise<AgentCall>;
  /**
   * A supervisor in an agent's call: `listen` unheard, `whisper` heard by the agent only, `barge` heard by both. Rings the
   * supervisor's own phone first; called again it changes the mode. Ends when the agent's part of the call does. Each step is in
   * the audit. `HTL_ACD_NO_CALL`, `HTL_ACD_CALL_STATE`, `HTL_ACD_AGENT_BUSY` and `HTL_ACD_AGENT_UNREACHABLE` (the supervisor).
   */
  watch(agent: string, mode: WatchMode, options: WatchOptions): Promise<void>;
  /** The supervisor takes the agent's place; the agent is free, with wrap-up. Errors as of `watch`. */
  takeOver(agent: string, options: WatchOptions): Promise<void>;
  /** The supervisor leaves; no effect when in no call, or when it was taken over. */
  unwatch(by: string): Promise<void>;
  /** The call a supervisor is in, or is being rung for. */
  watching(by: string): Watching | undefined;
  /**
   * Gives what the agent's screen shows of a call, for whoever has the caller next; replaces what was given before. Kept until the call is
   * over. `HTL_ACD_SCREEN_NOT_YOURS` unless the agent has or had the caller; `HTL_ACD_SCREEN_PASSED` when another agent has gone on with it.
   */
  giveScreen(agent: string, interactionId: string, screen: AgentScreen): void;
  /** What was given last; `undefined`: nothing yet. `HTL_ACD_SCREEN_NOT_YOURS` unless the agent has or had the caller. */
  screen(agent: string, interactionId: string): ScreenHandover | undefined;
  /** A call of another kind (a callback) is shown and controlled here from now on. A phone of the agent that breaks off is called back, as in calls that queues give. */
  follow(agent: string, call: FollowedCall): FollowedTalk;
}

export const AGENT_CALLS = token<AgentCalls>("acd.agent-calls");
