/**
 * Writes a graph back. Everything that the file held stays as it was, understood or not; only what was marked since is
 * changed: `qParams.pinnedIds`, `qParams.supernodes`, and `clerp` of nodes that were named.
 */
import { exactJson } from "./exactJson";
import { fieldOf, fieldsOf } from "./fields";
import type { GraphFile, Marks, NodeGroup } from "./graph";

/** The JSON with the marks in it: the same object where they are as they were. */
export function withMarks(file: GraphFile, marks: Marks): Readonly<Record<string, unknown>> {
  const { raw, marks: before } = file;
  const params = fieldsOf(fieldOf(raw, "qParams"));
  const isPinned = JSON.stringify(marks.pinned) !== JSON.stringify(before.pinned);
  const isGrouped = groupText(marks.groups) !== groupText(before.groups);
  const changed = {
    ...(isPinned && { pinnedIds: marks.pinned }),
    ...(isGrouped && { supernodes: marks.groups.map(({ label, ids }) => [label, ...ids]) }),
  };
  const nodes = namedNodes(file, marks);
  if (!isPinned && !isGrouped && !nodes) return raw;
  return {
    ...raw,
    ...((isPinned || isGrouped) && { qParams: { ...params, ...changed } }),
    ...(nodes && { nodes }),
  };
}

const groupText = (groups: readonly NodeGroup[]) =>
  JSON.stringify(groups.map(({ label, ids }) => [label, ids]));

function namedNodes({ raw, graph, places }: GraphFile, { names }: Marks): unknown[] | undefined {
  const list = fieldOf(raw, "nodes");
  if (names.size === 0 || !Array.isArray(list)) return undefined;
  const nodes = [...(list as unknown[])];
  let count = 0;
  graph.nodes.forEach(({ id, label }, i) => {
    const name = names.get(id);
    const place = places[i] ?? -1;
    if (name === undefined || name === label) return;
    nodes[place] = { ...fieldsOf(nodes[place]), clerp: name };
    count++;
  });
  return count > 0 ? nodes : undefined;
}

export const writeGraph = (file: GraphFile, marks: Marks): string => exactJson(withMarks(file, marks));
