/**
 * What a kernel is: complete WGSL, plus what WGSL cannot say (the names and element types of its bindings in order, its
 * parameters, how many workgroups a call needs) and its reference in TypeScript.
 *
 * The WGSL is one file or a list of whole files, joined by newlines with the body first: WGSL has no order of
 * declarations, so what the members of a family share stands once, and what differs (how weights are read, the sizes of
 * tiles, the function of one element) is a file of its own. Nothing is pasted into the middle of a file.
 *
 * Binding order in the shader: `@binding(0)` the uniform parameters (4 bytes each, in the order of `params`),
 * then `reads` in order (`var<storage, read>`), then `writes` in order (`var<storage, read_write>`), all in
 * `@group(0)`. `defineKernel` checks the names and numbers against the source, once, when the module loads.
 */

export type ElementType = "f32" | "u32" | "i32";
export type ParamType = "f32" | "u32" | "i32";

export type Bindings = Readonly<Record<string, ElementType>>;
export type Params = Readonly<Record<string, ParamType>>;

/** Typed-array views that a reference works on. A packed f16 or 8-bit matrix is a `u32` binding. */
export type KernelViews<B extends Bindings> = {
  readonly [N in keyof B]: B[N] extends "f32" ? Float32Array : B[N] extends "u32" ? Uint32Array : Int32Array;
};
export type ParamValues<P extends Params> = { readonly [N in keyof P]: number };

/** Byte addresses in the WebAssembly memory, for a SIMD twin. */
export type KernelAddresses<B extends Bindings> = { readonly [N in keyof B]: number };

export interface SimdTwin<B extends Bindings, P extends Params> {
  /** Name of the function exported by the SIMD module. */
  readonly name: string;
  /** Its arguments for one call. `scratch(bytes)` gives working memory that lives until the call returns. */
  args(at: KernelAddresses<B>, params: ParamValues<P>, scratch: (sizeBytes: number) => number): number[];
}

/** File names and their text, body first. */
export type WgslFiles = Readonly<Record<string, string>>;

export interface KernelSpec<R extends Bindings, W extends Bindings, P extends Params> {
  readonly name: string;
  readonly wgsl: WgslFiles;
  readonly reads: R;
  readonly writes: W;
  readonly params: P;
  /** Values for the shader's `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Workgroups along x, y, z for one call. */
  grid(params: ParamValues<P>): readonly [number, number, number];
  /** The slow, obvious version: plain loops, sums in f64. It is the test of the shader and the CPU's kernel. */
  reference(views: KernelViews<R & W>, params: ParamValues<P>): void;
  readonly simd?: SimdTwin<R & W, P>;
}

/** A kernel of any signature, as devices see it. */
// The element and parameter names of a particular kernel are checked where it is called; here they are erased.
export type Kernel = KernelSpec<Bindings, Bindings, Params>;

/** The whole shader. */
export const kernelCode = ({ wgsl }: Pick<Kernel, "wgsl">) => Object.values(wgsl).join("\n");

/** The file that a line of the whole shader (from 1) stands in, its number there, and its text. */
export function kernelLine({ wgsl }: Pick<Kernel, "wgsl">, line: number): { place: string; text: string } {
  let number = line;
  for (const [file, source] of Object.entries(wgsl)) {
    const lines = source.split("\n");
    const text = lines[number - 1];
    if (text !== undefined) return { place: `${file}:${number}`, text: text.trim() };
    number -= lines.length;
  }
  return { place: `line ${line}`, text: "" };
}

/**
 * Checks a kernel's declaration against its shader. A family of kernels is a function from what its members differ in to
 * `defineKernel`. A string of WGSL is the file `<name>.wgsl`.
 */
export function defineKernel<const R extends Bindings, const W extends Bindings, const P extends Params>({
  wgsl: given,
  ...spec
}: Omit<KernelSpec<R, W, P>, "wgsl"> & { readonly wgsl: string | WgslFiles }): KernelSpec<R, W, P> {
  const wgsl = typeof given === "string" ? { [`${spec.name}.wgsl`]: given } : given;
  const code = kernelCode({ wgsl });
  const expected = ["params", ...Object.keys(spec.reads), ...Object.keys(spec.writes)];
  for (const [index, name] of expected.entries()) {
    const declared = new RegExp(`@group\\(0\\)\\s*@binding\\(${index}\\)\\s*var<[^>]+>\\s*(\\w+)\\s*:`).exec(
      code,
    );
    if (declared?.[1] !== name) {
      throw new Error(
        `${Object.keys(wgsl).join(" + ")}: binding ${index} is ${declared?.[1] ?? "missing"}, expected ${name}`,
      );
    }
  }
  return { ...spec, wgsl };
}
