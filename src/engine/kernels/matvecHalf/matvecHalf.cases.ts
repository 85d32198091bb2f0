/** Cases of `matvecHalf`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulHalfCases } from "../matmul/matmulCases";
import { matvecHalf } from "./matvecHalf";

export default kernelCases(matvecHalf, matmulHalfCases([1, 2, 3, 4]));
