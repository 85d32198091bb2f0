/** Cases of `matvec`: row counts at and past its limits, tails in every direction, chunks of a larger matrix. */
import { kernelCases } from "../case";
import { matmulCases } from "../matmul/matmulCases";
import { matvec } from "./matvec";

export default kernelCases(matvec, matmulCases([1, 2, 3, 4]));
