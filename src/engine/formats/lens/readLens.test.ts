/** Lenses in files: the published layout as PyTorch saves it, our own and back, and refusals that name file, field and cure. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LensEnvironment } from "../../../protocol/gradients/lenses";
import { fileFromBytes, type ByteFile } from "../bytes/source";
import { filesFromFolder } from "../bytes/sourceNode";
import { sortFiles } from "../sae/sortFiles";
import { writeSafetensors } from "../writeSafetensors";
import { LENS_FORMAT, metadataOf } from "./lensMetadata";
import { readLens, readMatrix } from "./readLens";

const FIXTURES = await filesFromFolder(join(import.meta.dirname, "fixtures"));
const fixture = (name: string): ByteFile => FIXTURES.find((file) => file.name.endsWith(name))!;

const ENVIRONMENT: LensEnvironment = {
  ...{ model: "toy", modelSha256: "a".repeat(64), corpus: "texts", corpusSha256: "b".repeat(64) },
  ...{ skipFirst: 1, before: [0], longest: 12, positions: 30, rope: "none", madeBy: "test" },
};
const ours = (metadata: Record<string, string>, shape = [2, 2]) =>
  fileFromBytes(
    "ours.safetensors",
    writeSafetensors(
      [1, 0].map((layer) => {
        const size = shape.reduce((n, one) => n * one, 1);
        return { name: `J.${layer}`, shape, data: Float32Array.from({ length: size }, (_, i) => i + layer) };
      }),
      metadata,
    ),
  );

describe("published lenses", () => {
  it("are read as PyTorch saved them, and say what they do not", async () => {
    const lens = (await readLens(fixture("published.pt")))!;
    expect([lens.dModel, lens.texts, [...lens.matrices.keys()]]).toEqual([8, 25, [0, 1]]);
    const second = await readMatrix(lens, 1);
    expect([...second.slice(8 * 3, 8 * 3 + 8)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((j) => 6 + j / 8));
    expect(lens.environment).toEqual({});
    expect(lens.notes.join(" ")).toMatch(/does not say: the hash of the model's weights, .*rotary positions/);
  });
  it("are refused where they contradict themselves", async () => {
    await expect(readLens(fixture("wrongWidth.pt"))).rejects.toThrow(
      /wrongWidth\.pt: d_model is 16, .* have 8/,
    );
    await expect(readLens(fixture("unfinished.pt"))).rejects.toThrow(
      /not finished \(jacobian_sum\).*lens\.save/,
    );
    await expect(readLens(fixture("notSquare.pt"))).rejects.toThrow(/block 0 has shape \[8, 4\]/);
  });
});

describe("our own", () => {
  it("come back with all that was said of them", async () => {
    const lens = (await readLens(ours(metadataOf(7, ENVIRONMENT))))!;
    expect([lens.texts, lens.environment, lens.notes]).toEqual([7, ENVIRONMENT, []]);
    expect([...lens.matrices.keys()]).toEqual([0, 1]);
    expect([...(await readMatrix(lens, 1))]).toEqual([1, 2, 3, 4]);
  });
  it("note what is missing, and refuse what cannot be", async () => {
    const some = Object.entries(metadataOf(7, ENVIRONMENT)).filter(
      ([key]) => !["corpusSha256", "rope"].includes(key),
    );
    const lens = await readLens(ours(Object.fromEntries(some)));
    expect(lens?.notes).toEqual([
      "It does not say: the hash of its corpus, the base and scaling of rotary positions.",
    ]);
    const changed = (change: object) => readLens(ours({ ...metadataOf(7, ENVIRONMENT), ...change }));
    await expect(changed({ modelSha256: "xyz" })).rejects.toThrow(/modelSha256 is xyz, expected 64/);
    await expect(changed({ positions: "-3" })).rejects.toThrow(/positions is -3, expected a whole number/);
    await expect(changed({ before: "0,x" })).rejects.toThrow(/before is 0,x/);
    await expect(readLens(ours({ format: LENS_FORMAT }, [2, 3]))).rejects.toThrow(/shape \[2, 3\]/);
    const nan = writeSafetensors([{ name: "J.0", shape: [1, 1], data: Float32Array.of(NaN) }], {
      format: LENS_FORMAT,
    });
    const broken = (await readLens(fileFromBytes("nan.safetensors", nan)))!;
    await expect(readMatrix(broken, 0)).rejects.toThrow(/nan\.safetensors: .*block 0 has a number/);
  });
});

it("is told from autoencoders and models by what is in the file", async () => {
  const plain = fileFromBytes("model.safetensors", writeSafetensors([], {}));
  const lens = ours(metadataOf(7, ENVIRONMENT));
  expect(await sortFiles([lens])).toEqual({ saes: [], lenses: [lens.name], hasModel: false });
  expect(await sortFiles([plain, lens])).toMatchObject({ lenses: [lens.name], hasModel: true });
  const found = await sortFiles(FIXTURES);
  expect(found.lenses.map((name) => name.replace(/.*\//, "")).sort()).toEqual([
    "notSquare.pt",
    "published.pt",
    "unfinished.pt",
    "wrongWidth.pt",
  ]);
  expect(found.hasModel).toBe(false);
});
