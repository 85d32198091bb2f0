/** Cases of `matmulTiled`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulCases } from "../matmul/matmulCases";
import { matmulTiled } from "./matmulTiled";

export default kernelCases(matmulTiled, matmulCases([33, 64, 65, 130]));
