/** Reference of `matmulSkinny`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulReference as matmulSkinnyReference } from "../matmul/matmulReference";
