/** Reference of `matvec`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulReference as matvecReference } from "../matmul/matmulReference";
