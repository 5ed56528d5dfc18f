import { Observable, Subscriber, type Observer, type Operator, type Subscription } from "rxjs";
import { isThenable } from "../plugin/thenable.js";

/** Told what a subscriber threw. Must not throw. */
export type ReportFailure = (error: unknown) => void;

/**
 * An Observable whose subscribers cannot bring the process down: rxjs throws what a subscriber
 * throws again from a timer, where nobody catches it. Here it is reported instead, also behind
 * `pipe(...)`, for async subscribers, and for errors nobody handles. Streams that are combined with
 * others (`merge`, `combineLatest`) end in a plain Observable and are no longer covered.
 */
export class SafeObservable<T> extends Observable<T> {
  readonly #report: ReportFailure;

  constructor(subscribe: ((subscriber: Subscriber<T>) => Subscription) | undefined, report: ReportFailure) {
    super(subscribe as ConstructorParameters<typeof Observable<T>>[0]);
    this.#report = report;
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new SafeObservable<R>(undefined, this.#report);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(observer?: Partial<Observer<T>> | ((value: T) => void) | null, error?: ((error: unknown) => void) | null, complete?: (() => void) | null): Subscription {
    // A Subscriber is an operator of a pipe (or rxjs itself): its errors travel down to the end.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const end: Partial<Observer<T>> = typeof observer === "function" || observer === null || observer === undefined ? { next: observer ?? undefined, error: error ?? undefined, complete: complete ?? undefined } : observer;
    return super.subscribe({
      next: (value) => this.#guard(() => end.next?.(value)),
      error: (failure: unknown) => (end.error === undefined ? this.#report(failure) : this.#guard(() => end.error?.(failure))),
      complete: () => this.#guard(() => end.complete?.()),
    });
  }

  #guard(fn: () => unknown): void {
    try {
      const result = fn();
      if (isThenable(result)) result.then(undefined, this.#report);
    } catch (failure) {
      this.#report(failure);
    }
  }
}
