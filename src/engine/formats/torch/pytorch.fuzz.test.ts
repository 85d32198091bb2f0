/**
 * Damaged checkpoints: each opens or is refused by a named error, soon. Damage falls on archives that torch wrote,
 * on pickles inside sound archives, and on random rows of opcodes. Which ones is a matter of the seed alone.
 */
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../protocol/errors";
import { openModelFiles } from "../modelFiles";
import { OPCODE } from "./pickleOpcodes";
import { fileFromBytes, type ByteFile } from "../bytes/source";
import { readRows } from "../tensorReader";
import { archiveOf, CONFIG, fixture, fixtureBytes, hostilePickles } from "./torch.samples";
import { readZipDirectory, readZipEntry } from "../bytes/zip";
import { randomBelow, type RandomBelow } from "../../../random/lcg";

const MUTATIONS = 6000;
/** Far above what any of them takes, far below a hang. */
const MOST_MS = 2000;
const WILD = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

function mutated(source: Uint8Array, below: RandomBelow): Uint8Array<ArrayBuffer> {
  const bytes = [...source];
  for (let edit = 0; edit <= below(3); edit++) {
    const at = below(bytes.length);
    const kind = below(6);
    const wild = new Uint8Array(Uint32Array.of(WILD[below(WILD.length)]!).buffer);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 2) bytes.splice(at, 1 + below(8));
    else if (kind === 3) bytes.splice(at, 4, ...wild);
    else if (kind === 4) bytes.splice(at, 0, ...bytes.slice(below(bytes.length)).slice(0, 1 + below(16)));
    else if (edit === 0 && below(4) === 0) bytes.length = at;
  }
  return Uint8Array.from(bytes);
}

async function survive(what: string, seed: number, make: (below: RandomBelow, i: number) => ByteFile) {
  const below = randomBelow(seed);
  const refusals = new Set<string>();
  let [opened, slowest] = [0, 0];
  for (let i = 0; i < MUTATIONS; i++) {
    const file = make(below, i);
    const started = performance.now();
    try {
      const { tensors } = await openModelFiles([CONFIG, file]);
      for (const tensor of tensors.values()) {
        if (!/^(F|BF)/.test(tensor.entry.dtype)) continue;
        for await (const { data } of readRows(tensor)) void data;
      }
      opened++;
    } catch (error) {
      const { name, message } = error as Error;
      if (!(VITRINE_ERROR_NAMES as readonly string[]).includes(name))
        throw new Error(`${what} ${i}: ${name}: ${message}`, { cause: error });
      expect(message.length, message).toBeLessThan(2000);
      refusals.add(message.replace(/\d+/g, "#").slice(0, 60));
    }
    slowest = Math.max(slowest, performance.now() - started);
  }
  console.log(
    `${what}: ${opened} of ${MUTATIONS} opened, ${refusals.size} different refusals, slowest ${slowest.toFixed(0)} ms`,
  );
  expect(slowest).toBeLessThan(MOST_MS);
  return { opened, refusals };
}

describe("damaged checkpoints", () => {
  it(`${MUTATIONS} archives`, async () => {
    const sources = ["protocol5.pt", "deflatedPickle.pt", "training.pt"].map(fixtureBytes);
    const { opened, refusals } = await survive("archives", 30, (below, i) =>
      fileFromBytes("m.pt", mutated(sources[i % sources.length]!, below)),
    );
    expect(opened).toBeGreaterThan(MUTATIONS / 50);
    expect(refusals.size).toBeGreaterThan(30);
  });

  it(`${MUTATIONS} pickles in sound archives`, async () => {
    const sources = [...hostilePickles().values()].filter(({ length }) => length < 1000);
    for (const name of ["kinds.pt", "training.pt", "pytorch_model-00001-of-00002.bin"]) {
      const file = fixture(name);
      const directory = await readZipDirectory(file);
      const [pickle] = [...directory.values()].filter((entry) => entry.name.endsWith("data.pkl"));
      // Often enough to matter beside the hostile ones.
      const bytes = await readZipEntry(file, pickle!, 1e6);
      for (let copy = 0; copy < 20; copy++) sources.push(bytes);
    }
    const { opened, refusals } = await survive("pickles", 31, (below, i) => {
      const pickle = mutated(sources[i % sources.length]!, below);
      return archiveOf(pickle);
    });
    expect(opened).toBeGreaterThan(0);
    expect(refusals.size).toBeGreaterThan(50);
  });

  it(`${MUTATIONS} random rows of opcodes`, async () => {
    const codes = Object.values(OPCODE).filter((code) => code !== OPCODE.STOP && code !== OPCODE.PROTO);
    const { refusals } = await survive("opcodes", 32, (below) => {
      const row = [OPCODE.PROTO, 4];
      for (let i = below(60); i >= 0; i--)
        row.push(codes[below(codes.length)]!, ...(below(3) ? [] : [below(4)]));
      return archiveOf(Uint8Array.from([...row, OPCODE.STOP]));
    });
    expect(refusals.size).toBeGreaterThan(20);
  });
});
