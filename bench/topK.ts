/**
 * Exact TopK of long rows (B9): onnxruntime-web's TopK ÷ ours, in the same page.
 *
 *   npm install --prefix bench/peers --ignore-scripts        once: 150 MB, apart from the project's own packages
 *   npx vitest run --project bench bench/topK                in Chromium
 *
 * Each side has a device of its own on the same adapter, its input there already; a round ends when the k values and ids of
 * every row have been read back. Dispatches are counted by one instrument, where both record them. On the CPU device the
 * peer is the same runtime's WebAssembly, one thread, and both sides copy their input in.
 */
import type { Device } from "../src/engine/device/device";
import { noise } from "../src/random/noise";
import { TensorMemory } from "../src/engine/device/tensor";
import { selectTop } from "../src/engine/ops/select";
import { paired, type Paired } from "./paired";
import { topKModel } from "./topKModel";

const BUNDLES = import.meta.glob<string>(
  "./peers/node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs",
  { query: "?url", import: "default", eager: true },
);

/** The little of onnxruntime-web's interface that is used here; its package is not the project's. */
interface PeerTensor {
  getData(): Promise<ArrayLike<number | bigint>>;
  dispose(): void;
}
interface Peer {
  readonly env: {
    readonly wasm: { numThreads: number };
    readonly webgpu: { readonly device: Promise<GPUDevice> };
  };
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: { x: PeerTensor }): Promise<{ values: PeerTensor; ids: PeerTensor }> }>;
  };
  readonly Tensor: {
    new (type: "float32", data: Float32Array, dims: readonly number[]): PeerTensor;
    fromGpuBuffer(buffer: GPUBuffer, options: object): PeerTensor;
  };
}

export async function loadPeer(): Promise<Peer> {
  const [url] = Object.values(BUNDLES);
  if (url === undefined) {
    throw new Error("nothing to compare with: npm install --prefix bench/peers --ignore-scripts");
  }
  const peer = (await import(/* @vite-ignore */ url)) as Peer;
  peer.env.wasm.numThreads = 1;
  return peer;
}

let dispatches = 0;
if (typeof GPUComputePassEncoder !== "undefined") {
  for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"] as const) {
    const original = GPUComputePassEncoder.prototype[name] as (...args: unknown[]) => undefined;
    GPUComputePassEncoder.prototype[name] = function (this: GPUComputePassEncoder, ...args: unknown[]) {
      dispatches++;
      return original.apply(this, args);
    };
  }
}

export interface TopKBench {
  readonly result: Paired;
  /** Of one run: the peer's, ours. */
  readonly dispatches: readonly [number, number];
  /** Whether both chose the same columns in every row. */
  readonly same: boolean;
  readonly line: string;
}

/** Values without ties, of the shape that pre-activations have: a bell. */
function bellCurve(length: number): Float32Array<ArrayBuffer> {
  const [a, b, c] = [noise(length, 1), noise(length, 2), noise(length, 3)];
  return a.map((value, i) => value + (b[i] ?? 0) + (c[i] ?? 0));
}

export async function topKBench(
  device: Device,
  peer: Peer,
  [rows, cols, k]: readonly [number, number, number],
  rounds: number,
): Promise<TopKBench> {
  const onGpu = device.kind === "webgpu";
  const x = bellCurve(rows * cols);
  const session = await peer.InferenceSession.create(topKModel(rows, cols, k), {
    executionProviders: [onGpu ? "webgpu" : "wasm"],
    ...(onGpu ? { preferredOutputLocation: "gpu-buffer" } : {}),
  });
  const peerInput = onGpu ? await peerBuffer(peer, x, rows, cols) : undefined;
  const memory = new TensorMemory(device);
  const input = memory.from(x, [rows, cols], "x");
  let [ours, theirs] = [new Uint32Array(), new Uint32Array()];

  const runPeer = async () => {
    const tensor = peerInput ?? new peer.Tensor("float32", x, [rows, cols]);
    const { values, ids } = await session.run({ x: tensor });
    const [, found] = await Promise.all([values.getData(), ids.getData()]);
    theirs = Uint32Array.from(found as ArrayLike<bigint>, Number);
    [values, ids].forEach((output) => output.dispose());
  };
  const runOurs = async () => {
    if (!onGpu) device.write(input.buffer, x);
    const { ids, values } = selectTop(memory, input, k, false);
    const sizeBytes = rows * k * 4;
    const [found = new ArrayBuffer(0)] = await device.read(
      [ids, values].map(({ buffer }) => ({ buffer, offsetBytes: 0, sizeBytes })),
    );
    ours = new Uint32Array(found);
    [ids, values].forEach((output) => memory.release(output));
  };
  const counted = async (work: () => Promise<void>) => {
    await work();
    const before = dispatches;
    await work();
    return dispatches - before;
  };
  const counts = [await counted(runPeer), await counted(runOurs)] as const;
  const result = await paired(runPeer, runOurs, rounds);
  memory.release(input);
  const same = ours.length === theirs.length && ours.every((id, i) => id === theirs[i]);
  const noisy = Math.abs(result.control - 1) > 0.1 ? "  NOISY" : "";
  const line = [
    `B9 TopK, ${device.label}, ${rows} x ${cols}, k ${k}: onnxruntime-web ÷ ours = ${result.ratio.toFixed(1)}`,
    `(least ${result.least.toFixed(1)}, control ${result.control.toFixed(2)}), ${result.aMs.toFixed(2)} ms and`,
    `${result.bMs.toFixed(2)} ms, ${counts.join(" and ")} dispatches, ${same ? "same" : "NOT THE SAME"} columns${noisy}`,
  ].join(" ");
  return { result, dispatches: counts, same, line };
}

async function peerBuffer(
  peer: Peer,
  x: Float32Array<ArrayBuffer>,
  rows: number,
  cols: number,
): Promise<PeerTensor> {
  const device = await peer.env.webgpu.device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ size: x.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, x);
  return peer.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [rows, cols] });
}
