/** How much of what a site gives its reconstruction keeps: a share of a loss, where there is a loss to take a share of. */
import { meanError } from "./meanError";

/** Half the width of a 95 % interval of a mean, in standard errors. */
const Z95 = 1.96;

export interface SplicedLosses {
  /** Mean −log p of the same tokens, nats: as the model is, with the reconstruction in the site's place, with the site at zero. */
  readonly clean: number;
  readonly spliced: number;
  readonly zero: number;
  /** Standard error of zero − clean, nats; NaN where one token, or one text, is all there is. */
  readonly zeroError: number;
}

/**
 * (zero − spliced) / (zero − clean); NaN, not defined, where the model does no worse with the site at zero than as it is,
 * or no more than the 95 % interval of that difference: a share of what may be nothing has any sign and size.
 */
export function lossRecovered({ clean, spliced, zero, zeroError }: SplicedLosses): number {
  const lost = zero - clean;
  return lost > Z95 * (zeroError || 0) ? (zero - spliced) / lost : NaN;
}

/**
 * Losses over several texts, weighted by their tokens. The error is between texts, whose tokens hang together; of a single
 * text it is the one between its tokens.
 */
export function pooledLosses(texts: readonly (SplicedLosses & { readonly n: number })[]): SplicedLosses {
  const n = texts.reduce((sum, text) => sum + text.n, 0);
  const mean = (of: (losses: SplicedLosses) => number) =>
    texts.reduce((sum, text) => sum + text.n * of(text), 0) / n;
  const [clean, spliced, zero] = [
    mean((text) => text.clean),
    mean((text) => text.spliced),
    mean((text) => text.zero),
  ];
  // Each text's part of the mean, as if it stood for all: their spread is the mean's.
  const parts = texts.map(
    (text) => zero - clean + ((text.zero - text.clean - (zero - clean)) * text.n * texts.length) / n,
  );
  return {
    clean,
    spliced,
    zero,
    zeroError: texts.length > 1 ? meanError(parts) : (texts[0]?.zeroError ?? NaN),
  };
}
