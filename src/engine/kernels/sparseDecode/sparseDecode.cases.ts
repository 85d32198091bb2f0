/** Cases of `sparseDecode` (decodeCases.ts). */
import { kernelCases, noise } from "../case";
import { decodeCases } from "./decodeCases";
import { sparseDecode } from "./sparseDecode";

export default kernelCases(
  sparseDecode,
  decodeCases((latents, cols) => noise(latents * cols, 6)),
);
