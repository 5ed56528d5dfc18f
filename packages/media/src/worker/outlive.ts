/** So many uncaught errors within so many milliseconds are no single mistake any more. */
const STORM = { errors: 50, withinMs: 10_000 };

/**
 * What is done about errors that nobody caught (a throw out of a part's timer, a promise without a handler): they would end the thread and
 * all its calls, and are told instead. The fiftieth within ten seconds is thrown on: the thread dies of it.
 */
export function outlive(tell: (error: unknown) => void, now: () => number = () => performance.now()): (error: unknown) => void {
  const recent: number[] = [];
  return (error) => {
    const at = now();
    recent.push(at);
    while ((recent[0] ?? at) < at - STORM.withinMs) recent.shift();
    if (recent.length >= STORM.errors) throw error;
    tell(error);
  };
}
