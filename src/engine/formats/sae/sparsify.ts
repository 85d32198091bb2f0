/**
 * EleutherAI's sparsify (github.com/EleutherAI/sparsify): cfg.json + sae.safetensors in a folder named after the module
 * ("layers.5.mlp"), TopK; the run's config.json one folder up names the model. Transcoders do not take the decoder's
 * bias off the input; a skip connection reads the input as it is.
 */
import type { ConfigFields } from "./configFields";
import type { FoundSae, SaeTensors } from "./saeFile";
import type { TensorShelf } from "./saeTensors";
import { sitesOfModule } from "./sites";

const DEFAULT_K = 32;
const DEFAULT_EXPANSION = 32;

/** Options that change what is computed. */
const MUST_NOT: readonly (readonly [string, unknown, string])[] = [
  ["activation", "topk", "known: topk"],
  ["signed", false, "which is not known here: latents are not negative"],
  ["embed_skip", false, "which is not known here"],
  ["gram_lookup", false, "which is not known here"],
  ["normalize_io", false, "which is not known here"],
];

/** `folders`: the names of the folders above the file, outermost first. `run`: config.json of the folder above. */
export async function readSparsify(
  name: string,
  folders: readonly string[],
  cfg: ConfigFields,
  run: ConfigFields | undefined,
  shelf: TensorShelf,
): Promise<Omit<FoundSae, "files">> {
  for (const [field, harmless, why] of MUST_NOT) cfg.mustBe(field, harmless, why);
  const { width: dIn, nLatents } = shelf.sizes("encoder.weight", true);
  const { width: dOut } = shelf.sizes("W_dec", true);
  cfg.agree("d_in", cfg.size("d_in"), dIn, "encoder.weight");
  const latents = cfg.value("num_latents") === 0 ? undefined : cfg.size("num_latents");
  const expected = latents ?? dIn * (cfg.size("expansion_factor") ?? DEFAULT_EXPANSION);
  cfg.agree("num_latents", expected, nLatents, "encoder.weight");
  const k = cfg.size("k") ?? DEFAULT_K;
  if (k > nLatents) throw cfg.bad("k", k, `more than its ${nLatents} latents`);
  const transcodes = cfg.flag("transcode", false);
  const hasSkip = cfg.flag("skip_connection", false);
  if (dOut !== dIn && !transcodes)
    throw cfg.bad("transcode", false, `but W_dec is ${dOut} wide and the encoder ${dIn}`);
  const decoderBias = shelf.vector("b_dec", dOut);
  const tensors: SaeTensors = {
    encoder: shelf.matrix("encoder.weight", [nLatents, dIn]),
    encoderBias: shelf.vector("encoder.bias", nLatents),
    decoder: shelf.matrix("W_dec", [nLatents, dOut]),
    decoderBias,
    ...(transcodes ? {} : { inputBias: decoderBias }),
    ...(hasSkip ? { skip: shelf.matrix("W_skip", [dOut, dIn]) } : {}),
  };
  shelf.finish("sparsify autoencoder");
  const modelName = run?.text("model") ?? undefined;
  const contextSize = run?.size("ctx_len");
  // Earlier versions said so for the whole run only.
  const isTranscoder = transcodes || hasSkip || run?.value("transcode") === true;
  return {
    about: {
      ...{ name, layout: "sparsify", activation: "topk", dIn, dOut, nLatents, k },
      ...sitesOfModule(folders.at(-1) ?? "", isTranscoder, modelName ?? folders.at(-2)),
      ...{ input: { scheme: "none" }, prefixes: [], hasSkip },
      ...(modelName === undefined ? {} : { modelName }),
      ...(contextSize === undefined ? {} : { contextSize }),
    },
    tensors,
    notes: [],
  };
}
