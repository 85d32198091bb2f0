/** Reference of `sparseDecodeHalf`: `sparseDecode`'s over halves. */
import { packedHalf } from "../half";
import { decode } from "../sparseDecode/sparseDecode.ref";

type Views = Omit<Parameters<typeof decode>[0], "w"> & { readonly w: Uint32Array };

export function sparseDecodeHalfReference(
  { w, ...views }: Views,
  params: Parameters<typeof decode>[1],
): void {
  decode(views, params, (row, c) => packedHalf(w, params.cols, row, c));
}
