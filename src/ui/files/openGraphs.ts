/** Reads the visitor's files as attribution graphs; what is something else is told apart before it is taken apart. */
import { VitrineError } from "../../protocol/errors";
import type { GraphFile } from "../../client/graph/graph";
import {
  looksLikeGraph,
  MAX_GRAPH_BYTES,
  mayBeGraph,
  parseGraph,
  readGraph,
} from "../../client/graph/readGraph";
import { OpenedGraph } from "./openedGraph.svelte";

/** A drop of more files is something else, a model's folder for instance. */
const MAX_FILES = 16;

export interface FoundGraphs {
  readonly graphs: readonly OpenedGraph[];
  /** What they are, and which files are none. */
  readonly said: string;
}

/** Undefined where none of the files is a graph; with `insist` that is an error. */
export async function openGraphs(files: readonly File[], insist: boolean): Promise<FoundGraphs | undefined> {
  const isJson = ({ name }: File) => /\.json$/i.test(name);
  if (!insist && (files.length > MAX_FILES || !files.every(isJson))) return undefined;
  const graphs: OpenedGraph[] = [];
  const others: string[] = [];
  for (const file of files) {
    const found = await readOne(file, insist);
    if (found) graphs.push(new OpenedGraph(file.name, found));
    else others.push(file.name);
  }
  if (graphs.length === 0) return undefined;
  const none = others.length > 0 ? [`No graph: ${others.join(", ")}.`] : [];
  return { graphs, said: [...graphs.map(wordsOf), ...none].join(" ") };
}

function wordsOf({ name, file: { graph } }: OpenedGraph): string {
  const [nodes, links] = [graph.nodes.length, graph.links.weight.length].map((n) => n.toLocaleString("en"));
  return `${name}: an attribution graph of ${graph.model || "an unnamed model"}, ${nodes} nodes, ${links} links.`;
}

async function readOne(file: File, insist: boolean): Promise<GraphFile | undefined> {
  if (file.size > MAX_GRAPH_BYTES) {
    if (!insist) return undefined;
    throw new VitrineError(
      "BadFile",
      `${file.name} has ${Math.round(file.size / 1e6)} MB: graphs are read up to ${MAX_GRAPH_BYTES / 1e6} MB. Prune it harder.`,
    );
  }
  const text = await file.text();
  if (insist) return parseGraph(file.name, text);
  if (!mayBeGraph(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // It names nodes and links as a graph does: then it is told what is wrong with it.
    return /^\uFEFF?\s*\{\s*"(metadata|qParams|nodes|links)"/.test(text)
      ? parseGraph(file.name, text)
      : undefined;
  }
  return looksLikeGraph(value) ? readGraph(file.name, value) : undefined;
}
