/**
 * Attribution graphs as others keep them: the public JSON of circuit-tracer and Neuronpedia, with `metadata`, `qParams`,
 * `nodes` and `links`. Files are distrusted and read with patience: what cannot be drawn is told by a note and stays in the
 * JSON; only what is no graph is refused.
 */
import { VitrineError } from "../../protocol/errors";
import { fieldOf, fieldsOf, isObject, Notes, numberOf, shown, textOf, type Fields } from "./fields";
import type { DrawnNode, Graph, GraphFile, GraphLinks } from "./graph";
import { cumulativeShares, influenceOf } from "./influence";
import { readMarks } from "./readMarks";
import { readNodes, tokensOf, type ReadNodes } from "./readNodes";

/** Larger files are refused before they are read. */
export const MAX_GRAPH_BYTES = 400_000_000;
const MAX_LINKS = 5_000_000;

function bad(name: string, message: string, cause?: unknown): never {
  throw new VitrineError("BadFile", `${name} ${message}`, { cause });
}

/** Whether a text may be a graph, before it is taken apart: most JSON files are none. */
export const mayBeGraph = (text: string) => text.includes('"nodes"') && text.includes('"links"');

/** Whether JSON is a graph of this kind, however broken: two lists, nodes and links. */
export const looksLikeGraph = (value: unknown): value is Fields =>
  isObject(value) && Array.isArray(fieldOf(value, "nodes")) && Array.isArray(fieldOf(value, "links"));

export function parseGraph(name: string, text: string): GraphFile {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    const hasNaN = /[:[,]\s*-?(NaN|Infinity)\b/.test(text);
    const why = hasNaN ? "it says NaN or Infinity: write null there" : "it may have been cut: save it again";
    bad(name, `is no JSON; ${why}. (${String(cause)})`, cause);
  }
  return readGraph(name, value);
}

/** From JSON that is parsed already; nothing in it is changed. */
export function readGraph(name: string, value: unknown): GraphFile {
  if (!isObject(value)) bad(name, `holds ${shown(value)}: an attribution graph is an object.`);
  const lists = ["nodes", "links"].map((field) => {
    const list = fieldOf(value, field);
    return Array.isArray(list)
      ? (list as unknown[])
      : bad(name, `has ${shown(list)} as “${field}”: give a list, as circuit-tracer writes it.`);
  });
  const [nodeList = [], linkList = []] = lists;
  if (linkList.length > MAX_LINKS)
    bad(name, `has ${linkList.length} links, at most ${MAX_LINKS} are read: prune the graph harder.`);
  const notes = new Notes();
  const metadata = fieldsOf(fieldOf(value, "metadata"));
  if (!isObject(fieldOf(value, "metadata")))
    notes.add("missing, so prompt and model are not known", "metadata");
  const read = readNodes(name, nodeList, notes);
  const links = readLinks(linkList, read, notes);
  const graph = graphOf(metadata, read, links, notes);
  const marks = readMarks(value, read.idOf, notes);
  return { raw: value, graph, places: read.places, marks, notes: notes.list };
}

function graphOf(metadata: Fields, read: ReadNodes, links: GraphLinks, notes: Notes): Graph {
  const text = (field: string) => textOf(fieldOf(metadata, field)) ?? "";
  const { nodes, influenceFromLinks } = withInfluence(read.nodes, links, notes);
  const nodeThreshold = numberOf(fieldOf(metadata, "node_threshold"));
  return {
    ...{ slug: text("slug"), model: text("scan"), prompt: text("prompt"), rows: read.rows },
    ...{ nodes, links, influenceFromLinks },
    tokens: tokensOf(fieldOf(metadata, "prompt_tokens"), nodes, notes),
    ...(nodeThreshold !== undefined && { nodeThreshold }),
  };
}

function readLinks(list: readonly unknown[], { idOf }: ReadNodes, notes: Notes): GraphLinks {
  const kept: { from: number; to: number; weight: number }[] = [];
  list.forEach((link, i) => {
    const fields = fieldsOf(link);
    const end = (field: string) => {
      const id = textOf(fieldOf(fields, field));
      return id === undefined ? undefined : idOf.get(id);
    };
    const [from, to] = [end("source"), end("target")];
    const weight = numberOf(fieldOf(fields, "weight"));
    if (from === undefined || to === undefined)
      return notes.add("the link names a node that is not there, so it is kept but not drawn", `links[${i}]`);
    if (weight === undefined)
      return notes.add("the link has no number as “weight”, so it is kept but not drawn", `links[${i}]`);
    kept.push({ from, to, weight });
  });
  return {
    source: Int32Array.from(kept, ({ from }) => from),
    target: Int32Array.from(kept, ({ to }) => to),
    weight: Float64Array.from(kept, ({ weight }) => weight),
  };
}

/** Files of before have no influences: then the links say them. */
function withInfluence(nodes: readonly DrawnNode[], links: GraphLinks, notes: Notes) {
  const isGiven = nodes.some(({ kind, cumulative }) => kind !== "logit" && cumulative !== undefined);
  if (isGiven) return { nodes, influenceFromLinks: false };
  const found = influenceOf(nodes, links);
  if (!found) {
    notes.add("no node has one, and the links do not say it either (a circle, or no logit)", "influence");
    return { nodes, influenceFromLinks: false };
  }
  const counted = found.values.map((value, i) => (nodes[i]?.kind === "logit" ? 0 : value));
  const total = counted.reduce((sum, value) => sum + value, 0);
  const cumulative = cumulativeShares(counted);
  return {
    influenceFromLinks: true,
    nodes: nodes.map((node, i) =>
      node.kind === "logit" || total === 0
        ? node
        : { ...node, cumulative: cumulative[i] ?? 1, share: (counted[i] ?? 0) / total },
    ),
  };
}
