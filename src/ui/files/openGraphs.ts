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

/** A drop of more files is something else, a model's folder for instance. */
const MAX_FILES = 16;

export interface NamedGraph {
  readonly name: string;
  readonly file: GraphFile;
}

export interface FoundGraphs {
  readonly graphs: readonly NamedGraph[];
  /** Files that came along and are none. */
  readonly others: readonly string[];
}

/** Undefined where none of the files is a graph; with `insist` that is an error. */
export async function openGraphs(files: readonly File[], insist: boolean): Promise<FoundGraphs | undefined> {
  const isJson = ({ name }: File) => /\.json$/i.test(name);
  if (!insist && (files.length > MAX_FILES || !files.every(isJson))) return undefined;
  const graphs: NamedGraph[] = [];
  const others: string[] = [];
  for (const file of files) {
    const found = await readOne(file, insist);
    if (found) graphs.push({ name: file.name, file: found });
    else others.push(file.name);
  }
  return graphs.length > 0 ? { graphs, others } : undefined;
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
