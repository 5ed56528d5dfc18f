import type { Clock } from "../contracts/time.js";
import type { Admission, ArrivalContext, CallEndContext, OutboundContext, Refusal, RouteContext } from "../contracts/route.js";
import type { RoutePlan } from "../contracts/call.js";
import type { IvrNodeContext, IvrStep } from "../contracts/ivr.js";
import type { Accepted, InboundMessage } from "../contracts/message.js";
import type { Delivery, Notification } from "../contracts/notification.js";
import type { TicketTransition, Veto } from "../contracts/ticket.js";
import { errorText } from "../errors/define-errors.js";
import type { HookName, Hooks } from "./hooks.js";
import { isolate, type IsolationDeps, type TapRecord } from "./isolate.js";
import { tapPolicies } from "./tap-policy.js";

interface Interceptable {
  intercept(interceptor: { register: (tap: TapRecord) => TapRecord }): void;
}

/** Runs the hooks with their budgets. The only caller of `hook.promise`. */
export class HookRunner {
  readonly #hooks: Hooks;
  readonly #clock: Clock;
  readonly #deadlines = new WeakMap<object, number>();

  constructor(hooks: Hooks, deps: Omit<IsolationDeps, "deadline">) {
    this.#hooks = hooks;
    this.#clock = deps.clock;
    const full: IsolationDeps = { ...deps, deadline: (context) => this.#deadlines.get(context) };
    for (const name of Object.keys(hooks) as HookName[]) {
      const hook = hooks[name] as unknown as Interceptable;
      if (name === "ivrNode" || name === "notify") {
        // A map makes its hooks on demand; the interceptor is put on each as it is made.
        const map = hooks[name] as unknown as { intercept(interceptor: { factory: (key: string, made: Interceptable) => Interceptable }): void };
        map.intercept({
          factory: (key, made) => {
            made.intercept({ register: isolate(`${name}:${key}`, tapPolicies[name], full, undefined) });
            return made;
          },
        });
      } else {
        hook.intercept({ register: isolate(name, tapPolicies[name], full, refusals[name as keyof typeof refusals]) });
      }
    }
  }

  callArrival(context: ArrivalContext): Promise<Admission | undefined> {
    const given = Object.freeze({ ...context });
    return this.#timed("callArrival", given, () => this.#hooks.callArrival.promise(given));
  }

  callRoute(plan: RoutePlan, context: RouteContext): Promise<RoutePlan> {
    const given = Object.freeze({ ...context });
    // Frozen: a tap that changes the plan in place and then fails would have changed it all the same.
    const first = Object.freeze({ ...plan, ...(plan.params === undefined ? {} : { params: Object.freeze({ ...plan.params }) }) });
    return this.#timed("callRoute", given, () => this.#hooks.callRoute.promise(first, given));
  }

  callOutbound(context: OutboundContext): Promise<Refusal | undefined> {
    // What is asked about is what will be dialled, whatever a tap does to its copy.
    const given = Object.freeze({ ...context });
    return this.#timed("callOutbound", given, () => this.#hooks.callOutbound.promise(given));
  }

  ivrNode(type: string, context: IvrNodeContext): Promise<IvrStep | undefined> {
    return this.#hooks.ivrNode.for(type).promise(context);
  }

  async callEnd(context: CallEndContext): Promise<void> {
    const given = Object.freeze({ ...context });
    await this.#timed("callEnd", given, () => this.#hooks.callEnd.promise(given));
  }

  messageArrival(message: InboundMessage): Promise<Accepted | undefined> {
    const given = Object.freeze({ ...message });
    return this.#timed("messageArrival", given, () => this.#hooks.messageArrival.promise(given));
  }

  ticketTransition(transition: TicketTransition): Promise<Veto | undefined> {
    return this.#timed("ticketTransition", transition, () => this.#hooks.ticketTransition.promise(transition));
  }

  notify(notification: Notification): Promise<Delivery | undefined> {
    const given = Object.freeze({ ...notification });
    return this.#timed("notify", given, () => this.#hooks.notify.for(given.channel).promise(given));
  }

  #timed<T>(name: HookName, context: object, run: () => Promise<T>): Promise<T> {
    const budget = tapPolicies[name].budgetMs;
    if (budget !== undefined) this.#deadlines.set(context, this.#clock.now() + budget);
    return run();
  }
}

/** What the fail-closed hooks answer when a tap failed. */
const refusals = {
  callOutbound: (plugin: string, error: unknown): Refusal => ({ refused: true, code: "check-failed", message: `plugin ${plugin} could not check the call: ${errorText(error)}` }),
  ticketTransition: (plugin: string, error: unknown): Veto => ({ veto: true, code: "check-failed", message: `plugin ${plugin} could not check the transition: ${errorText(error)}` }),
};
