import { filter, firstValueFrom, map, Subject, take, toArray } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SafeObservable } from "./safe-observable.js";

const uncaught = vi.fn();
beforeEach(() => {
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("uncaughtException", uncaught);
  process.off("unhandledRejection", uncaught);
  expect(uncaught).not.toHaveBeenCalled();
});

function source() {
  const subject = new Subject<number>();
  const reported: string[] = [];
  const safe = new SafeObservable<number>(
    (subscriber) => subject.subscribe(subscriber),
    (error) => void reported.push((error as Error).message),
  );
  return { subject, safe, reported };
}

test("what subscribers throw is reported, and they and the others stay subscribed", () => {
  const { subject, safe, reported } = source();
  const seen: number[] = [];
  safe.subscribe((n) => {
    throw new Error(`plain ${n}`);
  });
  safe.subscribe({
    next: (n) => {
      throw new Error(`observer ${n}`);
    },
  });
  safe.subscribe((n) => void seen.push(n));
  subject.next(1);
  subject.next(2);
  expect(reported).toEqual(["plain 1", "observer 1", "plain 2", "observer 2"]);
  expect(seen).toEqual([1, 2]);
});

test("also behind operators, in operators, and in async subscribers", async () => {
  const { subject, safe, reported } = source();
  safe
    .pipe(
      map((n) => n * 10),
      filter((n) => n > 0),
    )
    .subscribe((n) => {
      throw new Error(`end ${n}`);
    });
  safe
    .pipe(
      map((n) => {
        throw new Error(`operator ${n}`);
      }),
    )
    .subscribe();
  safe.subscribe(async (n) => Promise.reject(new Error(`async ${n}`)));
  subject.next(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(reported).toEqual(["end 10", "operator 1", "async 1"]);
});

test("works as an Observable: values, completion, unsubscribing, firstValueFrom", async () => {
  const { subject, safe } = source();
  const all = firstValueFrom(safe.pipe(take(2), toArray()));
  const first = firstValueFrom(safe);
  const seen: number[] = [];
  const subscription = safe.subscribe((n) => void seen.push(n));
  subject.next(1);
  subscription.unsubscribe();
  subject.next(2);
  subject.complete();
  expect(await all).toEqual([1, 2]);
  expect(await first).toBe(1);
  expect(seen).toEqual([1]);
});
