/**
 * OpenAI's autoencoders (github.com/openai/sparse_autoencoder): one .pt state dict that also names its activation. As in
 * their loader, inputs of those with TopK are normalised (mean off, divided by the standard deviation + 1e-5) and outputs
 * brought back; those with ReLU are not. Layer and location are in the path.
 */
import { VitrineError } from "../../../protocol/errors";
import { showValue, type PickleValue } from "../torch/pickleValues";
import type { FoundSae } from "./saeFile";
import type { TensorShelf } from "./saeTensors";
import { bothSites, siteOfLocation } from "./sites";

const EPS = 1e-5;
/** Statistics of training. */
const BUFFERS = ["stats_last_nonzero", "latents_activation_frequency", "latents_mean_square"];

type Settings = ReadonlyMap<string, PickleValue>;

/** `settings`: what stands in the state dict beside the tensors. */
export async function readOpenAi(
  name: string,
  path: string,
  settings: Settings,
  shelf: TensorShelf,
): Promise<Omit<FoundSae, "files">> {
  const { width: dIn, nLatents } = shelf.sizes("encoder.weight", true);
  const k = await kOf(settings, shelf, nLatents);
  const decoderBias = shelf.vector("pre_bias", dIn);
  const tensors = {
    encoder: shelf.matrix("encoder.weight", [nLatents, dIn]),
    encoderBias: shelf.vector("latent_bias", nLatents),
    decoder: shelf.matrix("decoder.weight", [nLatents, dIn], true),
    decoderBias,
    inputBias: decoderBias,
  };
  shelf.ignore(...BUFFERS);
  shelf.finish("OpenAI autoencoder");
  const isGpt2 = /(^|\/)gpt2-small\//.test(path);
  return {
    about: {
      ...{ name, layout: "OpenAI", dIn, dOut: dIn, nLatents },
      ...(k === undefined ? { activation: "relu" } : { activation: "topk", k }),
      ...bothSites(siteOfLocation(path)),
      input: k === undefined ? { scheme: "none" } : { scheme: "layerNorm", eps: EPS },
      ...{ prefixes: [], hasSkip: false },
      ...(isGpt2 ? { modelName: "gpt2-small" } : {}),
    },
    tensors,
    notes: [],
  };
}

/** Of TopK; undefined for ReLU. */
async function kOf(settings: Settings, shelf: TensorShelf, nLatents: number): Promise<number | undefined> {
  const { fileName } = shelf;
  const activation = settings.get("activation") ?? "ReLU";
  if (activation === "ReLU") return undefined;
  if (activation !== "TopK") {
    throw new VitrineError(
      "Unsupported",
      `${fileName}: activation is ${showValue(activation)}, known: ReLU, TopK.`,
    );
  }
  const state = settings.get("activation_state_dict");
  const k = state instanceof Map ? state.get("k") : undefined;
  const after = state instanceof Map ? (state.get("postact_fn") ?? "ReLU") : "ReLU";
  if (after !== "ReLU") {
    throw new VitrineError("Unsupported", `${fileName}: postact_fn is ${showValue(after)}, known: ReLU.`);
  }
  if (typeof k === "number" && Number.isInteger(k) && k >= 1 && k <= nLatents) return k;
  throw new VitrineError(
    "BadFile",
    `${fileName}: k of activation_state_dict is ${k === undefined ? "missing" : showValue(k)}, expected 1 to ${nLatents}; save it with autoencoder.state_dict().`,
  );
}
