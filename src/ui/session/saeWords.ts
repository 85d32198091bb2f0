/** An autoencoder in words. */
import type { SaeInfo } from "../../protocol/features";

const NAMES: Readonly<Record<SaeInfo["activation"], string>> = {
  relu: "ReLU",
  topk: "TopK",
  batchtopk: "BatchTopK",
  jumprelu: "JumpReLU",
  gated: "Gated",
};

/** "TopK 8 of 512 latents at blocks.1.resid_post, SAELens, SHA-256 1e7eff64f662…". */
export function saeWords({ activation, k, nLatents, siteIn, siteOut, layout, sha256 }: SaeInfo): string {
  const latents = `${NAMES[activation]}${k === undefined ? "," : ` ${k} of`} ${nLatents.toLocaleString("en")} latents`;
  const place = siteIn === siteOut ? `at ${siteIn}` : `from ${siteIn} to ${siteOut}`;
  return `${latents} ${place}, ${layout}, SHA-256 ${sha256.slice(0, 12)}…`;
}
