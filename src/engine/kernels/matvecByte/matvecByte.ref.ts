/** Reference of `matvecByte`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulByteReference as matvecByteReference } from "../matmul/matmulReference";
