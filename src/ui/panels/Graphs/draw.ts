/** Draws a graph on a canvas, sharp at the device's pixels. Shapes tell the kinds of nodes apart, dashes what lowers. */
import type { Graph, NodeKind } from "../../../client/graph/graph";
import { curve, linkWidth, type DrawnLinks } from "./drawn";
import { MARGIN, type GraphLayout } from "./layout";

export interface GraphColours {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly raises: string;
  readonly lowers: string;
  readonly latent: string;
}

export interface GraphDrawing {
  readonly graph: Graph;
  readonly layout: GraphLayout;
  readonly links: DrawnLinks;
  readonly pinned: readonly number[];
  /** Of grouped nodes, the group's number from 1. */
  readonly groupOf: ReadonlyMap<number, number>;
  readonly selected: readonly number[];
  readonly pointed: number | undefined;
  /** What is written beside a node. */
  readonly nameOf: (node: number) => string;
  readonly colours: GraphColours;
}

export const NODE_SIZE = 4.5;
const NAME_LENGTH = 22;

export function drawGraph(canvas: HTMLCanvasElement, drawing: GraphDrawing): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { layout, graph, selected, pinned, pointed, colours } = drawing;
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, layout.width, layout.height);
  drawGrid(context, drawing);
  drawLinks(context, drawing);
  graph.nodes.forEach(({ kind }, i) => {
    const [x = NaN, y = NaN] = [layout.x[i], layout.y[i]];
    if (Number.isFinite(x)) drawNode(context, kind, x, y, colours);
  });
  const ring = (node: number, radius: number, colour: string, lineWidth: number) => {
    const [x = NaN, y = NaN] = [layout.x[node], layout.y[node]];
    if (!Number.isFinite(x)) return;
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  };
  for (const node of pinned) ring(node, NODE_SIZE + 2.5, colours.ink, 1.2);
  for (const node of selected) ring(node, NODE_SIZE + 3.5, colours.accent, 2.4);
  if (pointed !== undefined) ring(pointed, NODE_SIZE + 5, colours.muted, 1.2);
  drawNames(context, drawing);
}

function drawGrid(context: CanvasRenderingContext2D, { layout, colours }: GraphDrawing): void {
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  const right = layout.width - MARGIN.right;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  // What rows are called stands beside the canvas.
  for (const { top } of layout.rows) {
    context.beginPath();
    context.moveTo(MARGIN.left, Math.round(top) + 0.5);
    context.lineTo(right, Math.round(top) + 0.5);
    context.stroke();
  }
  context.fillStyle = colours.muted;
  const { bottom, isUpright: fits } = layout;
  const most = fits ? Math.floor(layout.columnWidth / 6.4) : 9;
  for (const { label, x } of layout.columns) {
    const text = label.trim() === "" ? "·" : label.trim();
    const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
    context.save();
    context.translate(x, bottom + 10);
    context.textAlign = fits ? "center" : "right";
    if (!fits) context.rotate(-Math.PI / 3);
    context.fillText(short, 0, 0);
    context.restore();
  }
}

function drawLinks(context: CanvasRenderingContext2D, { graph, layout, links, colours }: GraphDrawing): void {
  const { source, target, weight } = graph.links;
  const path = (link: number) => {
    const [from = 0, to = 0] = [source[link], target[link]];
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = [layout.x[from], layout.y[from], layout.x[to], layout.y[to]];
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = curve(x0, y0, x1, y1);
    context.moveTo(a, b);
    context.bezierCurveTo(c, d, e, f, g, h);
  };
  context.globalAlpha = 0.35;
  context.lineWidth = 0.6;
  context.strokeStyle = colours.muted;
  context.beginPath();
  for (const link of links.faint) path(link);
  context.stroke();
  context.globalAlpha = 0.85;
  for (const link of links.strong) {
    const size = weight[link] ?? 0;
    context.strokeStyle = size < 0 ? colours.lowers : colours.raises;
    context.setLineDash(size < 0 ? [5, 3] : []);
    context.lineWidth = linkWidth(size, links.most);
    context.beginPath();
    path(link);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Corners of shapes around the origin, in sizes of a node; a circle has none. */
export const CORNERS: Readonly<Record<NodeKind, readonly (readonly [number, number])[]>> = {
  latent: [],
  token: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  error: [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  logit: [
    [0, -1.2],
    [1.1, 0.9],
    [-1.1, 0.9],
  ],
  other: [
    [-1, -0.5],
    [1, -0.5],
    [1, 0.5],
    [-1, 0.5],
  ],
};

function drawNode(
  context: CanvasRenderingContext2D,
  kind: NodeKind,
  x: number,
  y: number,
  colours: GraphColours,
): void {
  context.beginPath();
  const corners = CORNERS[kind];
  if (corners.length === 0) context.arc(x, y, NODE_SIZE, 0, 2 * Math.PI);
  corners.forEach(([dx, dy], i) => {
    const at = [x + dx * NODE_SIZE, y + dy * NODE_SIZE] as const;
    if (i === 0) context.moveTo(...at);
    else context.lineTo(...at);
  });
  context.closePath();
  // What is not explained is hollow.
  context.fillStyle =
    kind === "error"
      ? colours.panel
      : kind === "latent"
        ? colours.latent
        : kind === "token"
          ? colours.muted
          : colours.ink;
  context.fill();
  context.strokeStyle = kind === "error" ? colours.muted : colours.panel;
  context.lineWidth = kind === "error" ? 1.4 : 0.8;
  context.stroke();
}

/** Pinned nodes say what they are called, with the number of their group. */
function drawNames(context: CanvasRenderingContext2D, drawing: GraphDrawing): void {
  const { layout, pinned, groupOf, nameOf, colours } = drawing;
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = colours.panel;
  context.fillStyle = colours.ink;
  for (const node of pinned) {
    const [x = NaN, y = NaN] = [layout.x[node], layout.y[node]];
    if (!Number.isFinite(x)) continue;
    const group = groupOf.get(node);
    const name = nameOf(node);
    const short = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
    const text = group === undefined ? short : `[${group}] ${short}`;
    const isRight = x + 10 + text.length * 6 > layout.width;
    context.textAlign = isRight ? "right" : "left";
    const left = isRight ? x - 10 : x + 10;
    context.strokeText(text, left, y - 9);
    context.fillText(text, left, y - 9);
  }
}
