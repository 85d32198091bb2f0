/** Reference of `matmulSkinnyByte`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulByteReference as matmulSkinnyByteReference } from "../matmul/matmulReference";
