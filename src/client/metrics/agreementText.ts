/** How far estimates are from exact values, in words. */
import type { Agreement } from "../../protocol/gradients/attributions";
import { formatNumber } from "../format";

/** Any two points lie on a line. */
const FEWEST_TO_CORRELATE = 3;

export const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** Correlations where there are points enough for one, and where both sides vary. */
function correlationText({ n, pearson, spearman }: Agreement): string {
  if (n < FEWEST_TO_CORRELATE) return "too few for a correlation";
  if (Number.isNaN(pearson) || Number.isNaN(spearman))
    return "Pearson r and Spearman ρ undefined, since one side does not vary";
  return `Pearson r ${formatNumber(pearson)}, Spearman ρ ${formatNumber(spearman)}`;
}

/** The mean error tells large relative errors of changes that are next to nothing from those that count. */
export function agreementText(agreement: Agreement, unit: string): string {
  const { n, meanError, relativeError } = agreement;
  const relative = Number.isFinite(relativeError)
    ? `relative error ${percent(relativeError)}`
    : "relative error undefined, since no exact change differs from 0";
  return `n = ${n}, ${correlationText(agreement)}, ${relative} (mean |error| ${formatNumber(meanError)}${unit && ` ${unit}`})`;
}
