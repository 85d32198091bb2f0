/** Cases of `matmulTiledByte`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulByteCases } from "../matmul/matmulCases";
import { matmulTiledByte } from "./matmulTiledByte";

export default kernelCases(matmulTiledByte, matmulByteCases([33, 64, 65, 130]));
