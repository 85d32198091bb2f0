/** Cases of `denseDecode` (denseCases.ts). */
import { kernelCases, noise } from "../case";
import { denseCases } from "./denseCases";
import { denseDecode } from "./denseDecode";

export default kernelCases(
  denseDecode,
  denseCases((latents, cols) => noise(latents * cols, 6)),
);
