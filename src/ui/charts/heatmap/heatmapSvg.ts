/** A heatmap as a figure for paper: one rectangle a cell (pooled where there are very many), labels, colour bar. */
import { colourIndex, colourTable, cssColour, inkOn, sharedDomain, type ScaleKind } from "../colourScales";
import { labelled, rasterOf } from "./heatmap";
import { PAPER, round, svgFigure, svgText } from "../svg";

export interface HeatmapFigure {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
  readonly rowTitle: string;
  readonly colTitle: string;
  readonly unit: string;
  readonly scale: ScaleKind;
  readonly domain?: readonly [number, number] | undefined;
  readonly format: (value: number) => string;
  readonly cellText?: ((row: number, col: number) => string) | undefined;
  readonly title: string;
  readonly caption: string;
  /** Characters of a row's label that are drawn. */
  readonly rowCharacters?: number;
}

/** More cells each way than this are pooled: a figure is read, not searched. */
const MAX_CELLS = 256;
const PLOT_WIDTH = 640;
const CHARACTER = 6.7;
const MAX_LABEL = 16;

const clipped = (text: string, characters: number) =>
  text.length > characters ? `${text.slice(0, characters - 1)}…` : text;

export function heatmapSvg(figure: HeatmapFigure): string {
  const { rows, cols, rowLabels, colLabels, scale, format, title, unit } = figure;
  const { rowCharacters = MAX_LABEL } = figure;
  const raster = rasterOf(figure, [0, rows], [0, cols], { width: MAX_CELLS, height: MAX_CELLS });
  const domain = figure.domain ?? sharedDomain(figure);
  const colours = colourTable(scale, "light");
  const cellWidth = Math.min(40, PLOT_WIDTH / raster.width);
  const cellHeight = Math.min(20, Math.max(3, 480 / raster.height));
  const longest = (labels: readonly string[], characters: number) =>
    labels.reduce((most, text) => Math.max(most, Math.min(characters, text.length)), 1) * CHARACTER;
  const left = 24 + longest(rowLabels, rowCharacters) + 8;
  const below = longest(colLabels, MAX_LABEL) + 10;
  const [width, height] = [raster.width * cellWidth, raster.height * cellHeight];
  const mono = 'font-family="monospace" font-size="11"';
  const cells: string[] = [];
  raster.values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const [x, y] = [left + (i % raster.width) * cellWidth, Math.floor(i / raster.width) * cellHeight];
    const word = colours[colourIndex(value, domain)] ?? 0;
    // A hair wider than the cell, so that no white shows between cells.
    cells.push(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(cellWidth + 0.3)}" height="${round(cellHeight + 0.3)}" fill="${cssColour(word)}"/>`,
    );
    if (
      figure.cellText &&
      raster.rowStep === 1 &&
      raster.colStep === 1 &&
      cellWidth >= 28 &&
      cellHeight >= 14
    ) {
      const text = figure
        .cellText(Math.floor(i / raster.width), i % raster.width)
        .slice(0, Math.floor(cellWidth / 5.4));
      cells.push(
        svgText(
          x + cellWidth / 2,
          y + cellHeight / 2 + 3,
          text,
          `text-anchor="middle" font-family="monospace" font-size="9" fill="${inkOn(word)}"`,
        ),
      );
    }
  });
  const rowTicks = labelled(0, rows, cellHeight / raster.rowStep, 12).map((row) =>
    svgText(
      left - 6,
      ((row + 0.5) / raster.rowStep) * cellHeight + 4,
      clipped(rowLabels[row] ?? "", rowCharacters),
      `text-anchor="end" ${mono}`,
    ),
  );
  const colTicks = labelled(0, cols, cellWidth / raster.colStep, 12).map((col) => {
    const x = left + ((col + 0.5) / raster.colStep) * cellWidth + 4;
    return svgText(
      0,
      0,
      clipped(colLabels[col] ?? "", MAX_LABEL),
      `transform="translate(${round(x)} ${round(height + 6)}) rotate(-90)" text-anchor="end" ${mono}`,
    );
  });
  const barTop = height + below + 22;
  const bar = Array.from(
    { length: 64 },
    (_, i) =>
      `<rect x="${round(left + i * 2.5)}" y="${round(barTop)}" width="2.8" height="9" fill="${cssColour(colours[i * 4] ?? 0)}"/>`,
  );
  const muted = `font-size="11" fill="${PAPER.muted}"`;
  // The name of the rows stands beside them where it is not longer than they are high.
  const besideRows = figure.rowTitle.length * CHARACTER <= height;
  const pooled =
    raster.rowStep > 1 || raster.colStep > 1
      ? ` Each mark is the element of largest size of ${raster.rowStep} × ${raster.colStep}.`
      : "";
  return svgFigure(
    { title, caption: figure.caption + pooled, width: left + width + 16, height: barTop + 24 },
    [
      ...cells,
      ...rowTicks,
      ...colTicks,
      svgText(
        left + width / 2,
        height + below + 12,
        besideRows ? figure.colTitle : `↓ ${figure.rowTitle} · → ${figure.colTitle}`,
        `text-anchor="middle" ${muted}`,
      ),
      ...(besideRows
        ? [
            svgText(
              0,
              0,
              figure.rowTitle,
              `transform="translate(14 ${round(height / 2)}) rotate(-90)" text-anchor="middle" ${muted}`,
            ),
          ]
        : []),
      ...bar,
      svgText(left, barTop + 21, format(domain[0]), muted),
      svgText(left + 160, barTop + 21, `${format(domain[1])} ${unit}`, muted),
    ],
  );
}
