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

const MONO = 'font-family="monospace" font-size="11"';
const MUTED = `font-size="11" fill="${PAPER.muted}"`;

export function heatmapSvg(figure: HeatmapFigure): string {
  const sheet = sheetOf(figure);
  const { raster, left, width, barTop } = sheet;
  const pooled =
    raster.rowStep > 1 || raster.colStep > 1
      ? ` Each mark is the element of largest size of ${raster.rowStep} × ${raster.colStep}.`
      : "";
  return svgFigure(
    {
      title: figure.title,
      caption: figure.caption + pooled,
      width: left + width + 16,
      height: barTop + 24,
    },
    [
      ...cells(figure, sheet),
      ...rowTicks(figure, sheet),
      ...colTicks(figure, sheet),
      ...axisNames(figure, sheet),
      ...colourBar(figure, sheet),
    ],
  );
}

type Sheet = ReturnType<typeof sheetOf>;

/** What is drawn and where, in px: the cells begin at (`left`, 0) and are `width` × `height`. */
function sheetOf(figure: HeatmapFigure) {
  const { rows, cols, rowLabels, colLabels, rowCharacters = MAX_LABEL } = figure;
  const raster = rasterOf(figure, [0, rows], [0, cols], { width: MAX_CELLS, height: MAX_CELLS });
  const cellWidth = Math.min(40, PLOT_WIDTH / raster.width);
  const cellHeight = Math.min(20, Math.max(3, 480 / raster.height));
  const longest = (labels: readonly string[], characters: number) =>
    labels.reduce((most, text) => Math.max(most, Math.min(characters, text.length)), 1) * CHARACTER;
  const below = longest(colLabels, MAX_LABEL) + 10;
  const [width, height] = [raster.width * cellWidth, raster.height * cellHeight];
  return {
    ...{ raster, cellWidth, cellHeight, width, height, below },
    left: 24 + longest(rowLabels, rowCharacters) + 8,
    barTop: height + below + 22,
    domain: figure.domain ?? sharedDomain(figure),
    colours: colourTable(figure.scale, "light"),
  };
}

function cells({ cellText }: HeatmapFigure, sheet: Sheet): string[] {
  const { raster, left, cellWidth, cellHeight, colours, domain } = sheet;
  const isWritten =
    raster.rowStep === 1 && raster.colStep === 1 && cellWidth >= 28 && cellHeight >= 14 && cellText;
  return Array.from(raster.values, (value, i) => {
    if (Number.isNaN(value)) return [];
    const [row, col] = [Math.floor(i / raster.width), i % raster.width];
    const [x, y] = [left + col * cellWidth, row * cellHeight];
    const word = colours[colourIndex(value, domain)] ?? 0;
    // A hair wider than the cell, so that no white shows between cells.
    const cell = `<rect x="${round(x)}" y="${round(y)}" width="${round(cellWidth + 0.3)}" height="${round(cellHeight + 0.3)}" fill="${cssColour(word)}"/>`;
    if (!isWritten) return [cell];
    const text = isWritten(row, col).slice(0, Math.floor(cellWidth / 5.4));
    const style = `text-anchor="middle" font-family="monospace" font-size="9" fill="${inkOn(word)}"`;
    return [cell, svgText(x + cellWidth / 2, y + cellHeight / 2 + 3, text, style)];
  }).flat();
}

function rowTicks({ rows, rowLabels, rowCharacters = MAX_LABEL }: HeatmapFigure, sheet: Sheet): string[] {
  const { raster, left, cellHeight } = sheet;
  return labelled(0, rows, cellHeight / raster.rowStep, 12).map((row) =>
    svgText(
      left - 6,
      ((row + 0.5) / raster.rowStep) * cellHeight + 4,
      clipped(rowLabels[row] ?? "", rowCharacters),
      `text-anchor="end" ${MONO}`,
    ),
  );
}

function colTicks({ cols, colLabels }: HeatmapFigure, sheet: Sheet): string[] {
  const { raster, left, cellWidth, height } = sheet;
  return labelled(0, cols, cellWidth / raster.colStep, 12).map((col) => {
    const x = left + ((col + 0.5) / raster.colStep) * cellWidth + 4;
    const place = `transform="translate(${round(x)} ${round(height + 6)}) rotate(-90)"`;
    return svgText(0, 0, clipped(colLabels[col] ?? "", MAX_LABEL), `${place} text-anchor="end" ${MONO}`);
  });
}

/** The name of the rows stands beside them where it is not longer than they are high. */
function axisNames({ rowTitle, colTitle }: HeatmapFigure, sheet: Sheet): string[] {
  const { left, width, height, below } = sheet;
  const isBeside = rowTitle.length * CHARACTER <= height;
  const under = isBeside ? colTitle : `↓ ${rowTitle} · → ${colTitle}`;
  const place = `transform="translate(14 ${round(height / 2)}) rotate(-90)"`;
  return [
    svgText(left + width / 2, height + below + 12, under, `text-anchor="middle" ${MUTED}`),
    ...(isBeside ? [svgText(0, 0, rowTitle, `${place} text-anchor="middle" ${MUTED}`)] : []),
  ];
}

function colourBar({ format, unit }: HeatmapFigure, sheet: Sheet): string[] {
  const { left, barTop, colours, domain } = sheet;
  const steps = Array.from(
    { length: 64 },
    (_, i) =>
      `<rect x="${round(left + i * 2.5)}" y="${round(barTop)}" width="2.8" height="9" fill="${cssColour(colours[i * 4] ?? 0)}"/>`,
  );
  return [
    ...steps,
    svgText(left, barTop + 21, format(domain[0]), MUTED),
    svgText(left + 160, barTop + 21, `${format(domain[1])} ${unit}`, MUTED),
  ];
}
