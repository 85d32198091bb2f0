/** One cell of a sweep as an edit of the stack, so that every view shows that one run. */
import type { SweepRequest } from "../../../protocol/analysis";
import type { EditSite, Positions } from "../../../protocol/interventions";
import { siteLayer, siteName, type Site } from "../../../protocol/sites";
import type { NewEdit } from "../../../protocol/interventions";

interface CellPlace {
  readonly site: EditSite;
  readonly layers?: readonly number[];
  readonly heads?: readonly number[];
  readonly dims?: readonly number[];
  readonly positions?: Positions;
}

/** What the cell at `row`, `col` of a request touches. */
export function placeOf({ axes }: SweepRequest, row: number, col: number): CellPlace | undefined {
  const touched = axes.positions && axes.kind !== "layerPosition" ? { positions: axes.positions } : {};
  switch (axes.kind) {
    case "layerPosition": {
      const position = axes.positions[col];
      return position === undefined ? undefined : { site: axes.site, layers: [row], positions: [position] };
    }
    case "layerHead":
      return { site: axes.site, layers: [row], heads: [col], ...touched };
    case "layerSublayer":
      return { site: col === 0 ? "attn_out" : "mlp_out", layers: [row], ...touched };
    case "neurons": {
      const neuron = axes.neurons[row];
      return neuron === undefined
        ? undefined
        : { site: "mlp.post", layers: [axes.layer], dims: [neuron], ...touched };
    }
    case "sites": {
      const site = axes.sites[row];
      return site === undefined ? undefined : { ...siteOf(site), ...touched };
    }
  }
}

function siteOf(site: Site): CellPlace {
  const layer = siteLayer(site);
  // Every site that a sweep can name is one that an edit can.
  const name = siteName(site) as EditSite;
  return layer === undefined ? { site: name } : { site: name, layers: [layer] };
}

export function editOfCell(request: SweepRequest, row: number, col: number): NewEdit | undefined {
  const place = placeOf(request, row, col);
  if (!place) return undefined;
  const { change } = request;
  const replaced = { ...place, strength: 1 };
  switch (change.kind) {
    case "zero":
      return { kind: "zero", ...replaced };
    case "mean":
      return { kind: "mean", over: change.over, by: "token", ...replaced };
    case "resample":
      return { kind: "resample", from: change.from, seed: change.seed, ...replaced };
    case "patch":
      return { kind: "patch", from: change.from, align: "position", ...replaced };
  }
}

/** The cell in words: "layer 2, position 80 “5”". */
export function placeText(
  request: SweepRequest,
  row: number,
  col: number,
  tokens: readonly string[],
): string {
  const place = placeOf(request, row, col);
  if (!place) return "";
  const { axes } = request;
  const [layer] = place.layers ?? [];
  const of = layer === undefined ? "" : `layer ${layer}, `;
  switch (axes.kind) {
    case "layerPosition": {
      const position = axes.positions[col] ?? 0;
      return `${of}position ${position} “${tokens[position] ?? ""}”`;
    }
    case "layerHead":
      return `${of}head ${col}`;
    case "layerSublayer":
      return `${of}${col === 0 ? "attention" : "MLP"}`;
    case "neurons":
      return `${of}neuron ${axes.neurons[row] ?? ""}`;
    case "sites":
      return axes.sites[row] ?? "";
  }
}
