/** PyTorch checkpoints for tests: fixtures that torch wrote (`fixtures/make.py`), and archives around any pickle. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fileFromBytes, type ByteFile } from "../bytes/source";
import { sampleZip, type SampleEntry } from "../bytes/zip.samples";

const pathOf = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

export const fixtureBytes = (name: string) => new Uint8Array(readFileSync(pathOf(name)));
export const fixture = (name: string, as = name) => fileFromBytes(as, fixtureBytes(name));

export const CONFIG = fileFromBytes("config.json", new TextEncoder().encode('{"model_type":"gpt2"}'));

interface Hostile {
  readonly pickles: Readonly<Record<string, string>>;
  /** Before, what to repeat, how often, after. */
  readonly repeated: Readonly<Record<string, readonly [string, string, number, string]>>;
}

/** Pickles that try something, by what they try. */
export function hostilePickles(): Map<string, Uint8Array<ArrayBuffer>> {
  const { pickles, repeated } = JSON.parse(readFileSync(pathOf("hostilePickles.json"), "utf8")) as Hostile;
  const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
  return new Map([
    ...Object.entries(pickles).map(([name, hex]) => [name, bytesOf(hex)] as const),
    ...Object.entries(repeated).map(
      ([name, [before, unit, times, after]]) => [name, bytesOf(before + unit.repeat(times) + after)] as const,
    ),
  ]);
}

/** A checkpoint with this pickle, one storage of six f32 and what else is given. */
export function archiveOf(pickle: Uint8Array, others: readonly SampleEntry[] = []): ByteFile {
  const storage = new Uint8Array(Float32Array.from({ length: 6 }, (_, i) => i / 4).buffer);
  const entries = [
    { name: "m/data.pkl", content: pickle },
    { name: "m/data/0", content: storage },
    { name: "m/version", content: new TextEncoder().encode("3\n") },
    ...others,
  ];
  return fileFromBytes("m.pt", sampleZip(entries));
}
