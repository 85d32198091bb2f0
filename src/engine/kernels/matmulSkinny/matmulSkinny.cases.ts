/** Cases of `matmulSkinny`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulCases } from "../matmul/matmulCases";
import { matmulSkinny } from "./matmulSkinny";

export default kernelCases(matmulSkinny, matmulCases([5, 17, 32, 33]));
