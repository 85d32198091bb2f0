/**
 * Directions by layer as a file. safetensors and npz name them by hook (`blocks.3.hook_resid_post`). A control vector as
 * llama.cpp loads it is a GGUF with `general.architecture` = controlvector, `controlvector.model_hint` and
 * `controlvector.layer_count`, and f32 tensors `direction.<layer>`.
 *
 * Layers there: llama.cpp adds `direction.k` to the output of the block that it numbers k from 0 (`l_out-k`), which is
 * `blocks.k.resid_post` here, and refuses `direction.0`: it never steers the first block. repeng numbers likewise. (The
 * generator that comes with llama.cpp writes what it read at `l_out-k` as `direction.<k+1>`, one block later.)
 */
import { VitrineError } from "../../../protocol/errors";
import { blockSite, toHookName } from "../../../protocol/sites";
import type { SteeringToWrite } from "../../../protocol/steering";
import { writeGguf } from "../gguf/writeGguf";
import { writeNpz } from "../bytes/writeNpz";
import { writeSafetensors } from "../writeSafetensors";

export function writeSteeringFile(file: SteeringToWrite): Uint8Array<ArrayBuffer> {
  const { format, site, directions, metadata } = file;
  if (directions.length === 0)
    throw new VitrineError("Unsupported", "There are no directions to write; make them first.");
  if (format === "gguf") return writeControlVector(file);
  const tensors = directions.map(({ layer, values }) => ({
    name: toHookName(blockSite(layer, site)),
    shape: [values.length],
    data: values,
  }));
  return format === "npz" ? writeNpz(tensors, metadata) : writeSafetensors(tensors, metadata);
}

function writeControlVector({
  site,
  directions,
  modelHint,
  metadata,
}: SteeringToWrite): Uint8Array<ArrayBuffer> {
  if (site !== "resid_post")
    throw new VitrineError(
      "Unsupported",
      `A control vector is added where blocks end; these directions are of ${site}. Make them at resid_post, or write safetensors or npz.`,
    );
  const steered = directions.filter(({ layer }) => layer > 0);
  if (steered.length === 0)
    throw new VitrineError(
      "Unsupported",
      "A control vector cannot steer the first block (layer 0), and there is no other layer here; write safetensors or npz.",
    );
  const own = Object.entries(metadata).map(([key, value]) => [`vitrine.${key}`, value]);
  return writeGguf({
    metadata: {
      "general.architecture": "controlvector",
      "controlvector.model_hint": modelHint,
      "controlvector.layer_count": steered.length,
      ...Object.fromEntries(own),
    },
    tensors: steered.map(({ layer, values }) => ({
      name: `direction.${layer}`,
      shape: [values.length],
      dtype: "F32",
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    })),
  });
}
