/** The command `graphFile`: opens an attribution graph as the page does, says what it holds, and writes it back. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { influenceOf } from "../client/graph/influence";
import { MAX_GRAPH_BYTES, parseGraph } from "../client/graph/readGraph";
import { writeGraph } from "../client/graph/writeGraph";
import { usage, type Options } from "./options";

export function graphFile({ out }: Options, [path]: string[]): Promise<object> {
  const given = path ?? usage("graphFile needs a FILE");
  const { size } = statSync(given);
  if (size > MAX_GRAPH_BYTES)
    usage(`${given} has ${size} bytes, at most ${MAX_GRAPH_BYTES} are read: prune the graph harder`);
  const text = readFileSync(given, "utf8").replace(/^\uFEFF/, "");
  const file = parseGraph(basename(given), text);
  const { graph, marks, notes, raw } = file;
  const written = writeGraph(file, marks);
  if (out !== undefined) writeFileSync(out, written);
  const kinds: Record<string, number> = {};
  for (const { kind } of graph.nodes) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return Promise.resolve({
    ...{ slug: graph.slug, model: graph.model, prompt: graph.prompt, tokens: graph.tokens },
    nodes: (raw["nodes"] as unknown[]).length,
    links: (raw["links"] as unknown[]).length,
    drawnNodes: graph.nodes.length,
    drawnLinks: graph.links.weight.length,
    ...{ kinds, rows: graph.rows },
    ...{ pinned: marks.pinned, groups: marks.groups, nodeThreshold: graph.nodeThreshold },
    influenceFromLinks: graph.influenceFromLinks,
    /** Of the links in the file: what was pruned before is not counted. */
    scores: influenceOf(graph.nodes, graph.links)?.scores,
    notes,
    isSameWrittenBack: isDeepStrictEqual(JSON.parse(written), JSON.parse(text)),
    ...(out !== undefined && { out }),
  });
}
