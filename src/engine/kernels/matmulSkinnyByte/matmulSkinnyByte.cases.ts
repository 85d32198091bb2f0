/** Cases of `matmulSkinnyByte`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulByteCases } from "../matmul/matmulCases";
import { matmulSkinnyByte } from "./matmulSkinnyByte";

export default kernelCases(matmulSkinnyByte, matmulByteCases([5, 17, 32, 33]));
