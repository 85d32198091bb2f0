/** Reference of `matmulTiled`: plain loops, sums in f64 (matmul/matmulReference.ts). */
export { matmulReference as matmulTiledReference } from "../matmul/matmulReference";
