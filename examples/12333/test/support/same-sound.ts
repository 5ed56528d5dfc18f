/** Whether two pieces of speech follow the same envelope, whatever small shift lies between them. */
export function sameSound(a: Int16Array, b: Int16Array): boolean {
  const envelope = (samples: Int16Array): number[] => {
    const first = samples.findIndex((sample) => Math.abs(sample) > 500);
    const out: number[] = [];
    for (let i = Math.max(0, first); i + 160 <= samples.length; i += 160) {
      let sum = 0;
      for (let k = i; k < i + 160; k++) sum += Math.abs(samples[k] ?? 0);
      out.push(sum / 160);
    }
    return out;
  };
  const one = envelope(a);
  const two = envelope(b);
  let best = -1;
  for (let shift = -15; shift <= 15; shift++) {
    const x: number[] = [];
    const y: number[] = [];
    for (let i = 0; i < one.length; i++) {
      const other = two[i + shift];
      if (other === undefined) continue;
      x.push(one[i] ?? 0);
      y.push(other);
    }
    if (x.length >= 40) best = Math.max(best, correlation(x, y));
  }
  return best > 0.9;
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mx = mean(x);
  const my = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] ?? 0) - mx;
    const dy = (y[i] ?? 0) - my;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy + 1e-9);
}
