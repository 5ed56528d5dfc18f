/** A promise with its resolver. There is no reject: outcomes are values. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly settled: boolean;
  /** Only the first call counts. */
  resolve(value: T): void;
}

export function deferred<T>(): Deferred<T> {
  let settle: (value: T) => void = () => undefined;
  let settled = false;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return {
    promise,
    get settled() {
      return settled;
    },
    resolve(value) {
      if (settled) return;
      settled = true;
      settle(value);
    },
  };
}
