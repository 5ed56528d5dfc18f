import { z } from "zod";
import { normal } from "./random.js";
import type { Random } from "./random.js";

const seconds = z.number().min(0).max(1e7);
const above = z.number().gt(0).max(1e7);

/**
 * A random span in seconds: a number is constant; `{ exponential: mean }`, `{ lognormal: { mean, sd } }`, `{ gamma: { mean, sd } }`,
 * `{ weibull: { shape, scale } }`, `{ uniform: [from, to] }`, `{ values: [...] }` draws one of the list.
 */
export const distribution = z.union([
  seconds,
  z.strictObject({ exponential: above }),
  z.strictObject({ lognormal: z.strictObject({ mean: above, sd: above }) }),
  z.strictObject({ gamma: z.strictObject({ mean: above, sd: above }) }),
  z.strictObject({ weibull: z.strictObject({ shape: above, scale: above }) }).refine(({ weibull }) => weibullMean(weibull) <= 1e7, "a Weibull distribution of this shape has a mean above 10000000 seconds"),
  z.strictObject({ uniform: z.tuple([seconds, seconds]) }).refine(({ uniform: [from, to] }) => from <= to, "the first bound must not be above the second"),
  z.strictObject({ values: z.array(seconds).min(1) }),
], { error: "a distribution: seconds, { exponential: mean }, { lognormal: { mean, sd } }, { gamma: { mean, sd } }, { weibull: { shape, scale } }, { uniform: [from, to] } or { values: [...] }" });

export type Distribution = z.infer<typeof distribution>;

/** One draw, in seconds. */
export function draw(from: Distribution, random: Random): number {
  if (typeof from === "number") return from;
  if ("exponential" in from) return -from.exponential * Math.log(random());
  if ("lognormal" in from) {
    const { mean, sd } = from.lognormal;
    const variance = Math.log(1 + (sd / mean) ** 2);
    return Math.exp(Math.log(mean) - variance / 2 + Math.sqrt(variance) * normal(random));
  }
  if ("gamma" in from) {
    const { mean, sd } = from.gamma;
    return gamma((mean / sd) ** 2, random) * (sd ** 2 / mean);
  }
  if ("weibull" in from) return from.weibull.scale * (-Math.log(random())) ** (1 / from.weibull.shape);
  if ("uniform" in from) return from.uniform[0] + (from.uniform[1] - from.uniform[0]) * random();
  return from.values[Math.floor(random() * from.values.length)] as number;
}

/** The mean, in seconds. */
export function meanOf(of: Distribution): number {
  if (typeof of === "number") return of;
  if ("exponential" in of) return of.exponential;
  if ("lognormal" in of) return of.lognormal.mean;
  if ("gamma" in of) return of.gamma.mean;
  if ("weibull" in of) return weibullMean(of.weibull);
  if ("uniform" in of) return (of.uniform[0] + of.uniform[1]) / 2;
  return of.values.reduce((sum, value) => sum + value, 0) / of.values.length;
}

function weibullMean({ shape, scale }: { readonly shape: number; readonly scale: number }): number {
  return scale * gammaFunction(1 + 1 / shape);
}

/** The same shape, `factor` times as long. */
export function scaled(of: Distribution, factor: number): Distribution {
  if (typeof of === "number") return of * factor;
  if ("exponential" in of) return { exponential: of.exponential * factor };
  if ("lognormal" in of) return { lognormal: { mean: of.lognormal.mean * factor, sd: of.lognormal.sd * factor } };
  if ("gamma" in of) return { gamma: { mean: of.gamma.mean * factor, sd: of.gamma.sd * factor } };
  if ("weibull" in of) return { weibull: { shape: of.weibull.shape, scale: of.weibull.scale * factor } };
  if ("uniform" in of) return { uniform: [of.uniform[0] * factor, of.uniform[1] * factor] };
  return { values: of.values.map((value) => value * factor) };
}

/** Gamma of scale 1 (Marsaglia and Tsang 2000; below shape 1 by their boost). */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Γ(x) by Lanczos' approximation, g = 7. */
function gammaFunction(x: number): number {
  const coefficients = [676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7];
  const at = x - 1;
  const sum = coefficients.reduce((total, coefficient, i) => total + coefficient / (at + i + 1), 0.9999999999998099);
  const t = at + 7.5;
  return Math.sqrt(2 * Math.PI) * t ** (at + 0.5) * Math.exp(-t) * sum;
}
