/** Which layers of a model attend to a sliding window only, from the fields that configs use for it. */
import { VitrineError } from "../../../protocol/errors";
import { sizeField, type Json } from "../configFields";

/**
 * `layer_types` says it layer by layer; older files leave it to the model type (`isSliding`). Undefined if
 * no layer has one.
 */
export function layerWindows(
  json: Json,
  { nLayers }: { readonly nLayers: number },
  isSliding: (layer: number) => boolean,
): readonly (number | undefined)[] | undefined {
  const types = json["layer_types"];
  const list = Array.from({ length: nLayers }, (_, layer) => {
    if (!Array.isArray(types)) return isSliding(layer);
    const type: unknown = types[layer];
    if (type === "sliding_attention") return true;
    if (type === "full_attention") return false;
    throw new VitrineError(
      "Unsupported",
      `config.json: layer_types[${layer}] is ${JSON.stringify(type)}; known: sliding_attention, full_attention`,
    );
  });
  if (json["sliding_window"] == null || !list.some(Boolean)) return undefined;
  const window = sizeField(json, ["sliding_window"]);
  return list.map((sliding) => (sliding ? window : undefined));
}
