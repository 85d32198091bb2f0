/** Reference of `matmulTiledByte`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulByteReference as matmulTiledByteReference } from "../matmul/matmulReference";
