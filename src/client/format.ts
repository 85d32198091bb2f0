/** Numbers as people read them: fixed decimals, a real minus sign, never "0.00" for what is not nearly zero. */

const MINUS = "−";

/** Below this share of the last shown decimal a number counts as zero. */
const NEARLY_ZERO = 1e-6;

/** Nats and other signed quantities: "+2.31", "−0.04", "3.1e−4", "0.00". */
export function formatSigned(value: number, digits = 2): string {
  if (Number.isNaN(value)) return "–";
  const sign = value < 0 ? MINUS : "+";
  const size = Math.abs(value);
  if (size < NEARLY_ZERO) return (0).toFixed(digits);
  if (size < 0.5 * 10 ** -digits) return sign + scientific(size);
  return sign + size.toFixed(digits);
}

/** The same without a plus sign: log-probabilities. */
export function formatNumber(value: number, digits = 3): string {
  return formatSigned(value, digits).replace(/^\+/, "");
}

/** A probability: "0.971", "3.1e−5". */
export function formatProbability(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value !== 0 && value < 0.0005) return scientific(value);
  return value.toFixed(3);
}

function scientific(value: number): string {
  return value.toExponential(1).replace("e-", `e${MINUS}`).replace("e+", "e");
}

export function formatCount(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} B`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(0)} k` : String(value);
}

export function formatBytes(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 10).toFixed(0)} KiB`;
}

export function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(2)} s` : `${seconds.toFixed(0)} s`;
}
