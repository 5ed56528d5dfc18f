/** Slope of the line of least squares through points of time and value: value per unit of time. 0 for fewer than two. */
export function slope(points: readonly (readonly [time: number, value: number])[]): number {
  const n = points.length;
  if (n < 2) return 0;
  const meanTime = points.reduce((sum, [time]) => sum + time, 0) / n;
  const meanValue = points.reduce((sum, [, value]) => sum + value, 0) / n;
  const spread = points.reduce((sum, [time]) => sum + (time - meanTime) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [time, value]) => sum + (time - meanTime) * (value - meanValue), 0) / spread;
}
