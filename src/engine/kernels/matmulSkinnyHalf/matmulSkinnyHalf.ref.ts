/** Reference of `matmulSkinnyHalf`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulHalfReference as matmulSkinnyHalfReference } from "../matmul/matmulReference";
