/** Reference of `denseDecodeHalf`: `denseDecode`'s over halves. */
import { decodeAll } from "../denseDecode/denseDecode.ref";
import { packedHalf } from "../half";

type Views = Parameters<typeof decodeAll>[0] & { readonly w: Uint32Array };

export function denseDecodeHalfReference(
  { w, ...views }: Views,
  params: Parameters<typeof decodeAll>[1],
): void {
  decodeAll(views, params, (latent, c) => packedHalf(w, params.cols, latent, c));
}
