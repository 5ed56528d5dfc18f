import type { Clock, Metrics, ReadPool } from "@hotlinejs/core";

export interface TicketMetricsParts {
  readonly pool: () => ReadPool;
  readonly clock: () => Clock;
  /** States of the workflow that are not the end of a ticket. */
  readonly open: readonly string[];
}

type Counted = ReadonlyMap<string, { readonly n: number; readonly overdue: number }>;

/** What the ticket desk can be measured by: one walk over the open tickets, by their index. */
export function registerTicketMetrics(metrics: Metrics, { pool, clock, open }: TicketMetricsParts): void {
  const count = async (): Promise<Counted> => {
    const rows = await pool().read((em) =>
      em.execute<{ status: string; n: number | string; overdue: number | string | null }[]>(
        `select status, count(*) as n, sum(case when due_at < ? then 1 else 0 end) as overdue from tickets_ticket where status in (${open.map(() => "?").join(", ")}) group by status`,
        [clock().now(), ...open],
      ),
    );
    return new Map(rows.map((row) => [row.status, { n: Number(row.n), overdue: Number(row.overdue ?? 0) }]));
  };
  // One look at the database for both.
  let walk: Promise<Counted> | undefined;
  const counted = (): Promise<Counted> => (walk ??= count().finally(() => (walk = undefined)));
  metrics.gauge({ name: "hotline_tickets_open", help: "Tickets that are not closed, by state.", labels: ["state"] }, async () => {
    const found = await counted();
    return open.map((state) => ({ value: found.get(state)?.n ?? 0, labels: { state } }));
  });
  metrics.gauge({ name: "hotline_tickets_overdue", help: "Tickets that are not closed and whose due time is over." }, async () => [...(await counted()).values()].reduce((sum, { overdue }) => sum + overdue, 0));
}
