/** Cases of `matmulTiledHalf`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulHalfCases } from "../matmul/matmulCases";
import { matmulTiledHalf } from "./matmulTiledHalf";

export default kernelCases(matmulTiledHalf, matmulHalfCases([33, 64, 65, 130]));
