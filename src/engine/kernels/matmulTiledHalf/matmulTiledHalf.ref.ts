/** Reference of `matmulTiledHalf`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulHalfReference as matmulTiledHalfReference } from "../matmul/matmulReference";
