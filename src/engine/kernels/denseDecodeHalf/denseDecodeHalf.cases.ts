/** Cases of `denseDecodeHalf` (denseDecode/denseCases.ts), over halves of every kind. */
import { kernelCases } from "../case";
import { denseCases } from "../denseDecode/denseCases";
import { halves } from "../matmul/matmulCases";
import { denseDecodeHalf } from "./denseDecodeHalf";

export default kernelCases(
  denseDecodeHalf,
  denseCases((latents, cols) => halves(latents * Math.ceil(cols / 2))),
);
