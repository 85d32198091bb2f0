/**
 * What the cells of a sweep change: from its axes to a grid of labels and, for each cell, the elements it touches.
 * Pure: the model is asked for its sizes and sites only.
 */
import type { SweepAxes } from "../../../protocol/analysis";
import { refuse } from "../../../protocol/errors";
import type { Positions, Where } from "../../../protocol/interventions";
import { blockSite } from "../../../protocol/sites";
import { isBelow } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";

export interface SweepCell extends Where {
  /** Row-major place in the grid. */
  readonly index: number;
  /** First position that the cell touches: what comes before is as it was. */
  readonly from: number;
}

export interface SweepGrid {
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
  readonly cells: readonly SweepCell[];
}

/** The one column of a grid that is a list. */
const LIST_COLUMN = ["metric"];

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

function checked(indices: readonly number[], count: number, what: string): readonly number[] {
  const bad = indices.find((index) => !isBelow(index, count));
  if (bad !== undefined) refuse(`The sweep names ${what} ${bad}; there are 0 to ${count - 1}.`);
  if (indices.length === 0) refuse(`The sweep names no ${what}s; name at least one.`);
  return indices;
}

/** What each cell touches, row by row. */
interface Table {
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
  readonly cells: readonly (readonly Where[])[];
}

type Axes<Kind extends SweepAxes["kind"]> = Extract<SweepAxes, { kind: Kind }>;

/** The positions of every cell; none: all of the prompt. */
interface Touched {
  readonly positions?: Positions;
}

/** The grid of `axes` for a prompt of `length` tokens; what the model lacks is refused by name. */
export function sweepGrid(model: Model, axes: SweepAxes, length: number): SweepGrid {
  const positions = axes.positions && checked(axes.positions, length, "position");
  const from = positions ? Math.min(...positions) : 0;
  const { rowLabels, colLabels, cells } = tableOf(model, axes, positions ? { positions } : {});
  return {
    rowLabels,
    colLabels,
    cells: cells.flat().map((cell, index) => ({ ...cell, index, from: firstOf(cell.positions) ?? from })),
  };
}

function tableOf(model: Model, axes: SweepAxes, touched: Touched): Table {
  switch (axes.kind) {
    case "layerPosition":
      return layersByPositions(model, axes);
    case "layerHead":
      return layersByHeads(model, axes, touched);
    case "layerSublayer":
      return layersBySublayers(model, touched);
    case "neurons":
      return listOfNeurons(model, axes, touched);
    case "sites":
      return listOfSites(model, axes, touched);
  }
}

function layersByPositions(model: Model, { site: name, positions }: Axes<"layerPosition">): Table {
  const layers = upTo(model.config.nLayers);
  return {
    rowLabels: layers.map(String),
    colLabels: positions.map(String),
    cells: layers.map((layer) => {
      const site = siteNamed(model, blockSite(layer, name));
      return positions.map((position) => ({ site, positions: [position] }));
    }),
  };
}

function layersByHeads(model: Model, { site: name }: Axes<"layerHead">, touched: Touched): Table {
  const layers = upTo(model.config.nLayers);
  const sites = layers.map((layer) => siteNamed(model, blockSite(layer, name)));
  const heads = upTo(siteColumns(model.config, sites[0] ?? "").heads);
  return {
    rowLabels: layers.map(String),
    colLabels: heads.map(String),
    cells: sites.map((site) => heads.map((head) => ({ site, heads: [head], ...touched }))),
  };
}

function layersBySublayers({ architecture, config }: Model, touched: Touched): Table {
  const layers = upTo(config.nLayers);
  // Attention-only models have no MLP to speak of.
  const columns = (["attn_out", "mlp_out"] as const).filter(
    (name) => !architecture.absentSites(config).includes(name),
  );
  return {
    rowLabels: layers.map(String),
    colLabels: columns.map((name) => (name === "attn_out" ? "attention" : "MLP")),
    cells: layers.map((layer) => columns.map((name) => ({ site: blockSite(layer, name), ...touched }))),
  };
}

function listOfNeurons(model: Model, axes: Axes<"neurons">, touched: Touched): Table {
  const { nLayers, dMlp } = model.config;
  checked([axes.layer], nLayers, "layer");
  const site = siteNamed(model, blockSite(axes.layer, "mlp.post"));
  const neurons = checked(axes.neurons, dMlp, "neuron");
  return {
    rowLabels: neurons.map(String),
    colLabels: LIST_COLUMN,
    cells: neurons.map((neuron) => [{ site, dims: [neuron], ...touched }]),
  };
}

function listOfSites(model: Model, axes: Axes<"sites">, touched: Touched): Table {
  if (axes.sites.length === 0) refuse("The sweep names no sites; name at least one.");
  const sites = axes.sites.map((name) => siteNamed(model, name));
  return { rowLabels: sites, colLabels: LIST_COLUMN, cells: sites.map((site) => [{ site, ...touched }]) };
}

function firstOf(positions: Positions | undefined): number | undefined {
  if (positions === undefined) return undefined;
  return "from" in positions ? positions.from : Math.min(...positions);
}
