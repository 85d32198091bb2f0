/** Reference of `matvecHalf`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulHalfReference as matvecHalfReference } from "../matmul/matmulReference";
