/** Cases of `sparseDecodeHalf` (sparseDecode/decodeCases.ts), over halves of every kind. */
import { kernelCases } from "../case";
import { halves } from "../matmul/matmulCases";
import { decodeCases } from "../sparseDecode/decodeCases";
import { sparseDecodeHalf } from "./sparseDecodeHalf";

export default kernelCases(
  sparseDecodeHalf,
  decodeCases((latents, cols) => halves(latents * Math.ceil(cols / 2))),
);
