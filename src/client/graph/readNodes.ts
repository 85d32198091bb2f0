/** The nodes of a graph's JSON: kinds, layers, positions, and the rows that they are drawn in. */
import { VitrineError } from "../../protocol/errors";
import { fieldOf, isObject, numberOf, shown, textOf, type Fields, type Notes } from "./fields";
import type { DrawnNode, NodeKind } from "./graph";

const MAX_NODES = 500_000;
/** Positions behind it are drawn there. */
const MAX_POSITION = 20_000;
/** Layers without a node between others keep a row, up to so many rows in all. */
const MAX_EMPTY_ROWS = 400;
/** Layer of a node that says none. */
const UNKNOWN = "?";

export interface ReadNodes {
  readonly nodes: readonly DrawnNode[];
  readonly rows: readonly string[];
  /** Index of each node in the JSON's list. */
  readonly places: Int32Array;
  /** The node that links mean by an id: the first that has it. */
  readonly idOf: ReadonlyMap<string, number>;
}

export function readNodes(name: string, list: readonly unknown[], notes: Notes): ReadNodes {
  if (list.length > MAX_NODES)
    throw new VitrineError(
      "BadFile",
      `${name} has ${list.length} nodes, at most ${MAX_NODES} are read: prune the graph harder.`,
    );
  const places: number[] = [];
  const idOf = new Map<string, number>();
  const used = new Set<string>();
  const nodes = list.flatMap((value, place) => {
    if (!isObject(value)) {
      notes.add(
        "no node but something else, so it is kept and not drawn",
        `nodes[${place}] is ${shown(value)}`,
      );
      return [];
    }
    const given = textOf(fieldOf(value, "node_id")) ?? textOf(fieldOf(value, "jsNodeId"));
    if (given === undefined)
      notes.add("the node has no “node_id”, so no link can name it", `nodes[${place}]`);
    const id = uniqueId(given ?? `node ${place}`, used);
    if (given !== undefined && id !== given)
      notes.add("its id is another node's, too; links go to the first of them", `nodes[${place}] ${given}`);
    if (given !== undefined && !idOf.has(given)) idOf.set(given, places.length);
    places.push(place);
    return [readNode(id, value, `nodes[${place}]`, notes)];
  });
  if (nodes.length === 0)
    throw new VitrineError("BadFile", `${name} has no nodes: “nodes” lists none that can be drawn.`);
  const rows = rowsOf(nodes);
  const rowOf = new Map(rows.map((row, i) => [row, i]));
  return {
    nodes: nodes.map((node) => ({ ...node, row: rowOf.get(rowName(node)) ?? 0 })),
    ...{ rows, places: Int32Array.from(places), idOf },
  };
}

function uniqueId(given: string, used: Set<string>): string {
  let id = given;
  for (let n = 2; used.has(id); n++) id = `${given}#${n}`;
  used.add(id);
  return id;
}

type Placed = Omit<DrawnNode, "row">;

function readNode(id: string, fields: Fields, place: string, notes: Notes): Placed {
  const number = (field: string) => numberOf(fieldOf(fields, field));
  const layer = textOf(fieldOf(fields, "layer"));
  const kind = kindOf(textOf(fieldOf(fields, "feature_type")) ?? "", layer, id);
  if (layer === undefined) notes.add("the node has no “layer”, so it is drawn in a row of its own", place);
  const latent = kind === "latent" ? latentOf(id, number("feature")) : undefined;
  const [activation, cumulative, share] = ["activation", "influence", "influence_share"].map(number);
  const probability = kind === "logit" ? number("token_prob") : undefined;
  return {
    ...{ id, kind, layer: layer ?? UNKNOWN, position: positionOf(fields, id, place, notes) },
    label: textOf(fieldOf(fields, "clerp")) ?? "",
    isTarget: fieldOf(fields, "is_target_logit") === true,
    ...(latent !== undefined && { latent }),
    ...(activation !== undefined && { activation }),
    ...(cumulative !== undefined && { cumulative }),
    ...(share !== undefined && { share }),
    ...(probability !== undefined && { probability }),
  };
}

/** By its type; where that says nothing, by its layer. */
function kindOf(type: string, layer: string | undefined, id: string): NodeKind {
  const words = type.toLowerCase();
  if (words.includes("error")) return "error";
  if (words.includes("logit")) return "logit";
  if (words.includes("embedding") || (words === "" && (layer === "E" || id.startsWith("E_")))) return "token";
  return /transcoder|lorsa|sae|feature|latent/.test(words) ? "latent" : "other";
}

/** "layer_latent_position" is what ids are; `feature` alone may be a number made of layer and latent. */
function latentOf(id: string, feature: number | undefined): number | undefined {
  const inId = /^\d+_(\d+)_\d+/.exec(id)?.[1];
  return inId === undefined ? feature : Number(inId);
}

function positionOf(fields: Fields, id: string, place: string, notes: Notes): number {
  const given = numberOf(fieldOf(fields, "ctx_idx"));
  if (given !== undefined && Number.isInteger(given) && given >= 0 && given <= MAX_POSITION) return given;
  const inId = Number(/_(\d{1,5})(?:#\d+)?$/.exec(id)?.[1] ?? NaN);
  const position = inId <= MAX_POSITION ? inId : 0;
  notes.add(`the node has no position as “ctx_idx”, so it is drawn at one that its id says, or at 0`, place);
  return position;
}

/** Logits have a row of their own whatever number they carry. */
const rowName = ({ kind, layer }: Placed) =>
  kind === "logit" ? "logits" : kind === "token" ? "tokens" : layer;

/** Tokens, then what says no layer, layers by number with those between that are empty, named ones, logits. */
function rowsOf(nodes: readonly Placed[]): string[] {
  const names = new Set(nodes.map(rowName));
  const numbers = [...names].filter((name) => /^-?\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
  const [first, last] = [Number(numbers[0] ?? 0), Number(numbers.at(-1) ?? -1)];
  const isShort = last - first < MAX_EMPTY_ROWS;
  const layers =
    isShort && first >= 0 ? Array.from({ length: last - first + 1 }, (_, i) => String(first + i)) : numbers;
  // "07" is a layer that the numbers in between do not name.
  const named = [...names].filter((name) => !layers.includes(name));
  const others = named.filter((name) => !["tokens", "logits", UNKNOWN].includes(name)).sort();
  return [
    ...["tokens", UNKNOWN].filter((name) => names.has(name)),
    ...layers,
    ...others,
    ...["logits"].filter((name) => names.has(name)),
  ];
}

/** One text for each position that a node is at. */
export function tokensOf(given: unknown, nodes: readonly DrawnNode[], notes: Notes): string[] {
  const list = Array.isArray(given) ? (given as unknown[]) : [];
  if (!Array.isArray(given)) notes.add("missing, so positions have no tokens", "metadata.prompt_tokens");
  const tokens = list.slice(0, MAX_POSITION + 1).map((token) => textOf(token) ?? "");
  const most = nodes.reduce((so, { position }) => Math.max(so, position), -1);
  if (Array.isArray(given) && most >= tokens.length)
    notes.add(`nodes stand at positions up to ${most}`, `metadata.prompt_tokens has ${tokens.length}`);
  while (tokens.length <= most) tokens.push("");
  return tokens;
}
