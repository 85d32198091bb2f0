/** The chain as an arc diagram: steps one below the other, an arc from a step to each later part that it bears on. */
import { PAPER, round, svgFigure, svgText } from "../../charts/svg";

export interface Arc {
  /** Indexes of nodes. */
  readonly from: number;
  readonly to: number;
  /** Sum of Shapley values of log p of the later part's tokens, nats. */
  readonly value: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly { readonly label: string; readonly y: number }[];
  readonly arcs: readonly (Arc & { readonly path: string; readonly stroke: number })[];
}

const ROW = 34;
const TOP = 18;
/** Where arcs begin, and room for the longest one. */
const ARC_LEFT = 10;
const REACH = 16;
const MAX_REACH = 260;
const MAX_STROKE = 10;

/** Arcs of a [player, part] matrix, largest first; the last part is the answer. */
export function arcsOf(
  { values, cols }: { readonly values: Float32Array; readonly cols: number },
  played: readonly number[],
): Arc[] {
  return played
    .flatMap((from, row) =>
      Array.from({ length: cols }, (_, to) => ({ from, to, value: values[row * cols + to] ?? NaN })),
    )
    .filter(({ value }) => Number.isFinite(value) && value !== 0)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/** Arcs of at least `share` of the largest. */
export const strongest = (arcs: readonly Arc[], share: number) =>
  arcs.filter(({ value }) => Math.abs(value) >= share * Math.abs(arcs[0]?.value ?? 0));

export function graphLayout(labels: readonly string[], arcs: readonly Arc[]): GraphLayout {
  const y = (node: number) => TOP + node * ROW;
  const most = Math.max(1e-9, ...arcs.map(({ value }) => Math.abs(value)));
  const reach = ({ from, to }: Arc) => ARC_LEFT + Math.min(MAX_REACH, REACH * 1.6 * (to - from));
  return {
    width: ARC_LEFT + Math.max(60, ...arcs.map(reach)),
    height: TOP * 2 + (labels.length - 1) * ROW,
    nodes: labels.map((label, i) => ({ label, y: y(i) })),
    arcs: arcs.map((arc) => ({
      ...arc,
      path: `M${ARC_LEFT} ${y(arc.from)}C${round(reach(arc))} ${y(arc.from)} ${round(reach(arc))} ${y(arc.to)} ${ARC_LEFT} ${y(arc.to)}`,
      stroke: Math.max(0.75, (MAX_STROKE * Math.abs(arc.value)) / most),
    })),
  };
}

const LABEL_WIDTH = 300;
const LABEL_CHARACTERS = 40;

export function graphSvg(layout: GraphLayout, title: string, caption: string): string {
  const clip = (text: string) =>
    text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text;
  const drawing = [
    ...layout.nodes.map(({ label, y }) =>
      svgText(12, y + 4, clip(label), 'font-family="monospace" font-size="12"'),
    ),
    `<g transform="translate(${LABEL_WIDTH} 0)" fill="none">`,
    ...layout.arcs.map(
      ({ path, stroke, value }) =>
        `<path d="${path}" stroke="${value < 0 ? PAPER.lowers : PAPER.raises}" stroke-width="${round(stroke)}" stroke-opacity="0.75"${value < 0 ? ' stroke-dasharray="6 3"' : ""}/>`,
    ),
    "</g>",
  ];
  return svgFigure(
    { title, caption, width: LABEL_WIDTH + layout.width + 12, height: layout.height },
    drawing,
  );
}
