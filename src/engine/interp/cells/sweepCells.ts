/**
 * What the cells of a sweep change: from its axes to a grid of labels and, for each cell, the elements it touches.
 * Pure: the model is asked for its sizes and sites only.
 */
import type { SweepAxes } from "../../../protocol/analysis";
import { refuse } from "../../../protocol/errors";
import type { Positions, Where } from "../../../protocol/interventions";
import { blockSite } from "../../../protocol/sites";
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
  const bad = indices.find((index) => !(Number.isInteger(index) && index >= 0 && index < count));
  if (bad !== undefined) refuse(`The sweep names ${what} ${bad}; there are 0 to ${count - 1}.`);
  if (indices.length === 0) refuse(`The sweep names no ${what}s; name at least one.`);
  return indices;
}

/** The grid of `axes` for a prompt of `length` tokens; what the model lacks is refused by name. */
export function sweepGrid(model: Model, axes: SweepAxes, length: number): SweepGrid {
  const { config } = model;
  const layers = upTo(config.nLayers);
  const positions = axes.positions && checked(axes.positions, length, "position");
  const touched: { readonly positions?: Positions } = positions ? { positions } : {};
  const from = positions ? Math.min(...positions) : 0;
  const grid = (rowLabels: readonly string[], colLabels: readonly string[], cells: readonly Where[][]) => ({
    rowLabels,
    colLabels,
    cells: cells.flat().map((cell, index) => ({ ...cell, index, from: firstOf(cell.positions) ?? from })),
  });
  const list = (labels: readonly string[], cells: readonly Where[]) =>
    grid(
      labels,
      LIST_COLUMN,
      cells.map((cell) => [cell]),
    );
  switch (axes.kind) {
    case "layerPosition": {
      const columns = checked(axes.positions, length, "position");
      return grid(
        layers.map(String),
        columns.map(String),
        layers.map((layer) => {
          const site = siteNamed(model, blockSite(layer, axes.site));
          return columns.map((position) => ({ site, positions: [position] }));
        }),
      );
    }
    case "layerHead": {
      const sites = layers.map((layer) => siteNamed(model, blockSite(layer, axes.site)));
      const heads = upTo(siteColumns(config, sites[0] ?? "").heads);
      return grid(
        layers.map(String),
        heads.map(String),
        sites.map((site) => heads.map((head) => ({ site, heads: [head], ...touched }))),
      );
    }
    case "layerSublayer": {
      // Attention-only models have no MLP to speak of.
      const columns = (["attn_out", "mlp_out"] as const).filter(
        (name) => !model.architecture.absentSites(config).includes(name),
      );
      return grid(
        layers.map(String),
        columns.map((name) => (name === "attn_out" ? "attention" : "MLP")),
        layers.map((layer) => columns.map((name) => ({ site: blockSite(layer, name), ...touched }))),
      );
    }
    case "neurons": {
      checked([axes.layer], config.nLayers, "layer");
      const site = siteNamed(model, blockSite(axes.layer, "mlp.post"));
      const neurons = checked(axes.neurons, config.dMlp, "neuron");
      return list(
        neurons.map(String),
        neurons.map((neuron) => ({ site, dims: [neuron], ...touched })),
      );
    }
    case "sites": {
      if (axes.sites.length === 0) refuse("The sweep names no sites; name at least one.");
      const sites = axes.sites.map((name) => siteNamed(model, name));
      return list(
        sites,
        sites.map((site) => ({ site, ...touched })),
      );
    }
  }
}

function firstOf(positions: Positions | undefined): number | undefined {
  if (positions === undefined) return undefined;
  return "from" in positions ? positions.from : Math.min(...positions);
}
