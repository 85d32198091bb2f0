/**
 * Labels of latents as files: explanations in Neuronpedia's JSON (one object, a list, `{explanations: […]}`, or one object
 * a line) and CSV with the columns `latent,label`. Features as dashboards keep them have no words; they are named by what the
 * file shows: SAEDashboard's (`features: [{feature_index, pos_str, …}]`) by the tokens that they raise, sae-viewer's (one
 * feature a file, `top: [{tokens, acts}, …]`, the latent in the file's name or chosen) by the tokens at which they are most active.
 * Files are distrusted: counts and lengths are bounded.
 */

/** A cell that may hold anything. */
const quoted = (text: string) => `"${text.replaceAll(`"`, `""`)}"`;

/** Larger files hold no labels. */
export const MAX_LABEL_BYTES = 64_000_000;
const MAX_LABELS = 2_000_000;
/** Characters of a label that are kept. */
export const MAX_LABEL = 400;

export type LabelList = ReadonlyMap<number, string>;

/**
 * The labels that a file holds, or an error that says what is wrong with it. `about`: the latent that a feature is of whose
 * file says no number, neither inside nor in its name.
 */
export function parseLabels(name: string, content: string, about?: number): LabelList {
  const text = content.replace(/^\uFEFF/, "").trim();
  const labels = /^[[{]/.test(text) ? fromJson(name, text, about) : fromCsv(name, text);
  if (labels.size === 0 && isFeature(text))
    throw new Error(
      `${name} is a feature of sae-viewer and says no number: choose the latent that it is of, then import it again.`,
    );
  if (labels.size === 0)
    throw new Error(
      `${name} holds no labels: give a CSV with the columns latent,label, or explanations or features as JSON.`,
    );
  if (labels.size > MAX_LABELS) throw new Error(`${name} holds more than ${MAX_LABELS} labels.`);
  return labels;
}

/** By content: examples with tokens and activations. */
function isFeature(text: string): boolean {
  try {
    return Array.isArray(fieldsOf(JSON.parse(text)).top);
  } catch {
    return false;
  }
}

function fromJson(name: string, text: string, about: number | undefined): LabelList {
  const labels = new Map<number, string>();
  const items = itemsOf(name, text);
  for (const item of items) {
    const found = labelOf(item) ?? featureLabel(name, item, items.length === 1 ? about : undefined);
    if (found) labels.set(...found);
  }
  return labels;
}

function itemsOf(name: string, text: string): readonly unknown[] {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length < 2) throw new Error(`${name} is no JSON: ${String(error)}`, { cause: error });
    return lines.map((line, i) => parseLine(name, line, i + 1));
  }
  if (Array.isArray(whole)) return whole as unknown[];
  const { explanations, features, index } = fieldsOf(whole);
  if (Array.isArray(features)) return features as unknown[];
  if (Array.isArray(explanations) && index === undefined) return explanations as unknown[];
  const isPlainList = Object.keys(fieldsOf(whole)).every((key) => /^\d+$/.test(key));
  return isPlainList
    ? Object.entries(fieldsOf(whole)).map(([latent, label]) => ({ index: latent, description: label }))
    : [whole];
}

function parseLine(name: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`${name}: line ${number} is no JSON.`, { cause: error });
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** Of one object: its latent is `index`, `feature` or `latent`; its words are its own or its first explanation's. */
function labelOf(item: unknown): [number, string] | undefined {
  const { index, feature, latent, description, explanation, label, explanations } = fieldsOf(item);
  const [first] = Array.isArray(explanations) ? (explanations as unknown[]) : [];
  const words = [description, explanation, label, fieldsOf(first).description].find(
    (field): field is string => typeof field === "string" && field.trim() !== "",
  );
  const id = latentNumber(index ?? feature ?? latent);
  return words === undefined || id === undefined ? undefined : [id, words.trim().slice(0, MAX_LABEL)];
}

/** Tokens that a feature is named by. */
const MOST_TOKENS = 5;
/** Examples that are looked at. */
const MOST_EXAMPLES = 12;

/** A feature without words, by what its file shows of it. */
function featureLabel(name: string, item: unknown, about: number | undefined): [number, string] | undefined {
  const { feature_index: featureIndex, feature_id: featureId, index, pos_str: raised, top } = fieldsOf(item);
  const inName = /(\d{1,9})(?:\.\w+)*$/.exec(name)?.[1];
  const id = latentNumber(featureIndex ?? index ?? featureId ?? inName) ?? about;
  if (id === undefined) return undefined;
  const named = (lead: string, tokens: readonly string[]): [number, string] | undefined => {
    const words = [...new Set(tokens.map((token) => token.trim()).filter((token) => token !== ""))];
    return words.length === 0
      ? undefined
      : [id, `${lead} ${words.slice(0, MOST_TOKENS).join(", ")}`.slice(0, MAX_LABEL)];
  };
  const texts = Array.isArray(raised)
    ? raised.filter((token): token is string => typeof token === "string")
    : [];
  if (texts.length > 0) return named("raises", texts);
  const examples = Array.isArray(top) ? (top as unknown[]).slice(0, MOST_EXAMPLES) : [];
  return named("active at", examples.flatMap(strongestToken));
}

/** The token of an example at which the feature is most active. */
function strongestToken(example: unknown): string[] {
  const { tokens, acts } = fieldsOf(example);
  if (!Array.isArray(tokens) || !Array.isArray(acts)) return [];
  const values = acts.map((act) => (typeof act === "number" ? act : -Infinity));
  const token: unknown = tokens[values.indexOf(Math.max(...values))];
  return typeof token === "string" ? [token] : [];
}

function latentNumber(value: unknown): number | undefined {
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function fromCsv(name: string, text: string): LabelList {
  const labels = new Map<number, string>();
  const [first = [], ...rest] = parseCsv(text).filter(([cell = ""]) => !cell.startsWith("#"));
  const header = first.map((cell) => cell.trim().toLowerCase());
  const isHeader = latentNumber(header[0]) === undefined;
  const find = (names: readonly string[], otherwise: number) => {
    const at = header.findIndex((cell) => names.includes(cell));
    return isHeader && at >= 0 ? at : otherwise;
  };
  const latentAt = find(["latent", "feature", "index"], 0);
  const labelAt = find(["label", "description", "explanation"], 1);
  for (const [row, cells] of (isHeader ? rest : [first, ...rest]).entries()) {
    const words = (cells[labelAt] ?? "").trim();
    if (cells.join("").trim() === "" || words === "") continue;
    const id = latentNumber(cells[latentAt]);
    if (id === undefined)
      throw new Error(`${name}: row ${row + 1}: “${(cells[latentAt] ?? "").slice(0, 20)}” is no latent.`);
    labels.set(id, words.slice(0, MAX_LABEL));
  }
  return labels;
}

/** RFC 4180: quotes around cells with commas, line ends or doubled quotes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cells = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|\r|$)/gy;
  for (let match = cells.exec(text); match; match = cells.exec(text)) {
    const [, cell = "", end = ""] = match;
    const isQuoted = cell.startsWith('"');
    rows.at(-1)?.push(isQuoted ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.length > 1 || row[0] !== "");
}

export function writeLabelsCsv(labels: LabelList): string {
  const rows = [...labels]
    .toSorted(([a], [b]) => a - b)
    .map(([latent, label]) => `${latent},${quoted(label)}`);
  return ["latent,label", ...rows, ""].join("\n");
}

/** As Neuronpedia writes explanations, with what they are of. */
export function writeLabelsJson(
  labels: LabelList,
  of: { readonly modelId: string; readonly layer: string; readonly sae: string },
): string {
  const { modelId, layer, sae } = of;
  const rows = [...labels]
    .toSorted(([a], [b]) => a - b)
    .map(([latent, description]) => ({ modelId, layer, index: String(latent), description }));
  return JSON.stringify({ sae, explanations: rows }, undefined, 2);
}
