/** Cases of `matmulSkinnyHalf`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulHalfCases } from "../matmul/matmulCases";
import { matmulSkinnyHalf } from "./matmulSkinnyHalf";

export default kernelCases(matmulSkinnyHalf, matmulHalfCases([5, 17, 32, 33]));
