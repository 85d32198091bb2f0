/** A graph for paper: the same places and shapes as on the page, the links that are drawn there, what shapes mean. */
import type { NodeKind } from "../../../client/graph/graph";
import type { FigureWords } from "../../charts/figure";
import { PAPER, round, svgFigure, svgText } from "../../charts/svg";
import { CORNERS, NODE_SIZE, type GraphDrawing } from "./draw";
import { curve, linkWidth } from "./drawn";
import { MARGIN } from "./layout";
import { KIND_NAMES } from "./words";

const LATENT = "#3c6e97";
const SMALL = `font-size="11" fill="${PAPER.muted}"`;

export function graphSvg(drawing: Omit<GraphDrawing, "colours">, { title, caption }: FigureWords): string {
  const { layout, graph, links, pinned, selected, nameOf, groupOf } = drawing;
  const place = (node: number) => [layout.x[node] ?? NaN, layout.y[node] ?? NaN] as const;
  const isDrawn = (node: number) => Number.isFinite(layout.x[node]);
  const path = (link: number) => {
    const [from, to] = [graph.links.source[link] ?? 0, graph.links.target[link] ?? 0];
    const [a, b, ...rest] = curve(...place(from), ...place(to)).map(round);
    return `M${a} ${b}C${rest.join(" ")}`;
  };
  const strong = links.strong.map((link) => {
    const weight = graph.links.weight[link] ?? 0;
    const look = weight < 0 ? `stroke="${PAPER.lowers}" stroke-dasharray="5 3"` : `stroke="${PAPER.raises}"`;
    return `<path d="${path(link)}" fill="none" ${look} stroke-width="${round(linkWidth(weight, links.most))}"/>`;
  });
  const faint = Array.from(links.faint, path).join("");
  const ring = (node: number, radius: number, colour: string) =>
    `<circle cx="${round(place(node)[0])}" cy="${round(place(node)[1])}" r="${radius}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  const names = pinned.filter(isDrawn).map((node) => {
    const [x, y] = place(node);
    const group = groupOf.get(node);
    const text = group === undefined ? nameOf(node) : `[${group}] ${nameOf(node)}`;
    const isRight = x > layout.width / 2;
    return svgText(
      isRight ? x - 9 : x + 9,
      y - 7,
      text,
      `font-size="11"${isRight ? ' text-anchor="end"' : ""}`,
    );
  });
  return svgFigure({ title, caption, width: layout.width, height: layout.height + 24 }, [
    ...grid(drawing),
    ...(faint
      ? [`<path d="${faint}" fill="none" stroke="${PAPER.muted}" stroke-width="0.5" opacity="0.35"/>`]
      : []),
    ...strong,
    ...graph.nodes.flatMap(({ kind }, i) => (isDrawn(i) ? [shape(kind, ...place(i))] : [])),
    ...pinned.filter(isDrawn).map((node) => ring(node, 7, PAPER.ink)),
    ...selected.filter(isDrawn).map((node) => ring(node, 8.5, PAPER.lowers)),
    ...names,
    ...legend(drawing),
  ]);
}

function shape(kind: NodeKind, x: number, y: number): string {
  const fill = { latent: LATENT, token: PAPER.muted, error: "#ffffff", logit: PAPER.ink, other: PAPER.ink }[
    kind
  ];
  const look = `fill="${fill}" stroke="${kind === "error" ? PAPER.muted : "#ffffff"}"`;
  const corners = CORNERS[kind];
  if (corners.length === 0) return `<circle cx="${round(x)}" cy="${round(y)}" r="${NODE_SIZE}" ${look}/>`;
  const points = corners.map(([dx, dy]) => `${round(x + dx * NODE_SIZE)},${round(y + dy * NODE_SIZE)}`);
  return `<polygon points="${points.join(" ")}" ${look}/>`;
}

function grid({ layout }: Pick<GraphDrawing, "layout">): string[] {
  const right = layout.width - MARGIN.right;
  const rows = layout.rows.flatMap(({ label, top, bottom: low }, i) => [
    `<path d="M${MARGIN.left} ${round(top)}H${round(right)}" stroke="${PAPER.line}"/>`,
    ...(low - top < 14 && i % 4 !== 0
      ? []
      : [svgText(MARGIN.left - 8, (top + low) / 2 + 4, label, `${SMALL} text-anchor="end"`)]),
  ]);
  const columns = layout.columns.map(({ label, x }) => {
    const text = label.trim() || "·";
    const at = `translate(${round(x)} ${round(layout.bottom + 14)})`;
    return layout.isUpright
      ? `<g transform="${at}">${svgText(0, 0, text, `${SMALL} text-anchor="middle"`)}</g>`
      : `<g transform="${at} rotate(-60)">${svgText(0, 0, text, `${SMALL} text-anchor="end"`)}</g>`;
  });
  return [...rows, ...columns];
}

function legend({ layout, graph }: Pick<GraphDrawing, "layout" | "graph">): string[] {
  const kinds = [...new Set(graph.nodes.map(({ kind }) => kind))];
  return kinds.flatMap((kind, i) => {
    const [x, y] = [MARGIN.left + i * 90, layout.height + 10];
    return [shape(kind, x, y), svgText(x + 10, y + 4, KIND_NAMES[kind], SMALL)];
  });
}
