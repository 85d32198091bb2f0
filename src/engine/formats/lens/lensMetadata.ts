/** What our own lens files say of how they were made: safetensors metadata, text alone. */
import { VitrineError } from "../../../protocol/errors";
import type { LensEnvironment } from "../../../protocol/gradients/lenses";

export const LENS_FORMAT = "vitrine.jacobian-lens.1";
const MAX_TEXT = 2000;
const MAX_BEFORE = 64;

/** Fields with the words that a note uses where one is missing. */
export const UNTOLD = [
  { key: "modelSha256", what: "the hash of the model's weights" },
  { key: "corpusSha256", what: "the hash of its corpus" },
  { key: "skipFirst", what: "which positions were left out" },
  { key: "positions", what: "how many positions it is over" },
  { key: "rope", what: "the base and scaling of rotary positions" },
] as const satisfies readonly { key: keyof LensEnvironment; what: string }[];

/** Metadata of a file that is written. */
export function metadataOf(texts: number, told: LensEnvironment): Record<string, string> {
  const entries = Object.entries({ ...told, before: told.before?.join(",") });
  return {
    format: LENS_FORMAT,
    reads:
      "logits = head(J.<block> · x), x leaving the block; J[i, j] = mean over t of the sum over t' >= t of d last(t')[i] / d x(t)[j]",
    texts: String(texts),
    ...Object.fromEntries(
      entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
    ),
  };
}

/** The environment that metadata tell, and a note on what they do not. */
export function environmentOf(
  fileName: string,
  told: Readonly<Record<string, string>>,
): { readonly texts: number; readonly environment: LensEnvironment; readonly notes: readonly string[] } {
  const bad = (key: string, value: string, expected: string) =>
    new VitrineError(
      "BadFile",
      `${fileName}: ${key} is ${value.slice(0, 60)}, expected ${expected}; export it again.`,
    );
  const text = (key: string) => told[key]?.slice(0, MAX_TEXT);
  const whole = (key: string) => {
    const value = told[key];
    if (value === undefined) return undefined;
    const n = Number(value);
    if (value.trim() === "" || !Number.isSafeInteger(n) || n < 0) throw bad(key, value, "a whole number");
    return n;
  };
  const hash = (key: string) => {
    const value = told[key];
    if (value !== undefined && !/^[0-9a-f]{64}$/.test(value)) throw bad(key, value, "64 hexadecimal digits");
    return value;
  };
  const before = told["before"];
  const ids = before === undefined || before === "" ? [] : before.split(",").map(Number);
  if (ids.length > MAX_BEFORE || ids.some((id) => !Number.isSafeInteger(id) || id < 0))
    throw bad("before", before ?? "", `at most ${MAX_BEFORE} token ids`);
  const given: { readonly [K in keyof LensEnvironment]: LensEnvironment[K] | undefined } = {
    ...{ model: text("model"), modelSha256: hash("modelSha256") },
    ...{ corpus: text("corpus"), corpusSha256: hash("corpusSha256") },
    ...{ skipFirst: whole("skipFirst"), longest: whole("longest"), positions: whole("positions") },
    ...{ before: before === undefined ? undefined : ids, rope: text("rope"), madeBy: text("madeBy") },
  };
  const environment = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as LensEnvironment;
  const missing = UNTOLD.filter(({ key }) => environment[key] === undefined);
  const note = missing.length > 0 ? [`It does not say: ${missing.map(({ what }) => what).join(", ")}.`] : [];
  return { texts: whole("texts") ?? 0, environment, notes: note };
}
