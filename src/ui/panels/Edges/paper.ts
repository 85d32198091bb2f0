/** The drawing of edges for paper: the same places as on the page, what lines mean. */
import type { FigureWords } from "../../charts/figure";
import { PAPER, round, svgFigure, svgText } from "../../charts/svg";
import { BOX_HEIGHT, layoutEdges, layoutNodes } from "./layout";
import type { GraphShape } from "./nodes";
import type { ShownEdge } from "./view";

const WIDTH = 720;

export function edgesSvg(
  { edges, shape, unit }: { edges: readonly ShownEdge[]; shape: GraphShape; unit: string },
  { title, caption }: FigureWords,
): string {
  const layout = layoutNodes(shape, WIDTH);
  const small = `font-size="11" fill="${PAPER.muted}"`;
  const look = (isNegative: boolean) =>
    isNegative ? `stroke="${PAPER.lowers}" stroke-dasharray="5 3"` : `stroke="${PAPER.raises}"`;
  const legend = layout.height + 12;
  return svgFigure({ title, caption, width: Math.max(WIDTH, layout.width), height: layout.height + 24 }, [
    ...layout.layers.map(({ label, y }) => svgText(4, y + 4, label, small)),
    ...layoutEdges(edges, shape, layout).map(
      ({ edge, d, width }) =>
        `<path d="${d}" fill="none" ${look(edge.estimate < 0)} stroke-width="${round(width)}" opacity="0.8"/>`,
    ),
    ...layout.nodes.flatMap(({ x, y, width, label, node }) => [
      `<rect x="${round(x - width / 2)}" y="${round(y - BOX_HEIGHT / 2)}" width="${round(width)}" height="${BOX_HEIGHT}" rx="${node.kind === "mlp" ? 0 : 6}" fill="#ffffff" stroke="${PAPER.ink}"/>`,
      svgText(x, y + 4, label, 'font-size="11" text-anchor="middle"'),
    ]),
    `<path d="M12 ${legend}h28" ${look(false)} stroke-width="3"/>`,
    svgText(46, legend + 4, `raises the metric (${unit})`, small),
    `<path d="M252 ${legend}h28" ${look(true)} stroke-width="3"/>`,
    svgText(286, legend + 4, "lowers it; the wider, the stronger", small),
  ]);
}
