/** Cases of `matvecByte`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulByteCases } from "../matmul/matmulCases";
import { matvecByte } from "./matvecByte";

export default kernelCases(matvecByte, matmulByteCases([1, 2, 3, 4]));
