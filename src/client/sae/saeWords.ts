/** An autoencoder in words. */
import type { SaeInfo } from "../../protocol/sae/features";

const NAMES: Readonly<Record<SaeInfo["activation"], string>> = {
  relu: "ReLU",
  topk: "TopK",
  batchtopk: "BatchTopK",
  jumprelu: "JumpReLU",
  gated: "Gated",
};

type Size = Pick<SaeInfo, "activation" | "k" | "nLatents">;
type Place = Pick<SaeInfo, "siteIn" | "siteOut" | "writes">;

/** "TopK 8 of 512", "ReLU, 24,576". */
export const sizeWords = ({ activation, k, nLatents }: Size) =>
  `${NAMES[activation]}${k === undefined ? "," : ` ${k} of`} ${nLatents.toLocaleString("en")}`;

/** "at blocks.1.resid_post", "from … to …" of a transcoder, "from … to … and 2 layers above" of a cross-layer one's part. */
export function placeWords({ siteIn, siteOut, writes = [] }: Place): string {
  if (siteIn === siteOut) return `at ${siteIn}`;
  const above = writes.length - 1;
  const more = above > 0 ? ` and ${above} ${above === 1 ? "layer" : "layers"} above` : "";
  return `from ${siteIn} to ${siteOut}${more}`;
}

/** "TopK 8 of 512 latents at blocks.1.resid_post, SAELens, SHA-256 1e7eff64f662…". */
export function saeWords(sae: SaeInfo): string {
  return `${sizeWords(sae)} latents ${placeWords(sae)}, ${sae.layout}, SHA-256 ${sae.sha256.slice(0, 12)}…`;
}
