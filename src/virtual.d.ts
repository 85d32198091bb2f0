/** Modules that the build makes. */

declare module "virtual:vitrine-simd" {
  /** The WebAssembly module of the CPU device's SIMD kernels. */
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

declare module "virtual:vitrine-simd-backward" {
  /** That of the kernels that only gradients need. */
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
