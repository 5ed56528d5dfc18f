import { container as root, type DependencyContainer, type InjectionToken } from "tsyringe";
import type { Services } from "../contracts/services.js";
import { coreErrors } from "../errors/core-errors.js";
import { tokenName, type Token } from "./token.js";

/**
 * The container of one hotline: a child container of its own, so two hotlines in one process share
 * nothing. Factories run once, at first use.
 */
export class HotlineContainer {
  readonly #container: DependencyContainer = root.createChildContainer();
  readonly #owners = new Map<symbol, string>();
  readonly #making: symbol[] = [];

  /** What one plugin may do; `declared` are the tokens of its manifest, `undefined` for core itself. */
  servicesFor(owner: string, declared?: ReadonlySet<symbol>): Services {
    const services: Services = {
      provide: <T>(token: Token<T>, factory: (services: Services) => T) => {
        if (declared !== undefined && !declared.has(token)) throw coreErrors.TOKEN_UNDECLARED(owner, tokenName(token));
        const before = this.#owners.get(token);
        if (before !== undefined) throw coreErrors.TOKEN_DUPLICATE(tokenName(token), before, owner);
        this.#owners.set(token, owner);
        let made: { value: T } | undefined;
        this.#container.register(token as InjectionToken<T>, {
          useFactory: () => {
            if (made === undefined) {
              if (this.#making.includes(token)) throw coreErrors.TOKEN_CYCLE([...this.#making, token].map((each) => tokenName(each)).join(" -> "));
              this.#making.push(token);
              try {
                made = { value: factory(services) };
              } finally {
                this.#making.pop();
              }
            }
            return made.value;
          },
        });
      },
      get: <T>(token: Token<T>): T => {
        if (!this.#owners.has(token)) throw coreErrors.TOKEN_MISSING(tokenName(token));
        return this.#container.resolve(token as InjectionToken<T>);
      },
      optional: <T>(token: Token<T>): T | undefined => (this.#owners.has(token) ? this.#container.resolve(token as InjectionToken<T>) : undefined),
    };
    return services;
  }

  /** Who provides a token. */
  ownerOf(token: symbol): string | undefined {
    return this.#owners.get(token);
  }

  dispose(): void {
    this.#container.clearInstances();
  }
}
