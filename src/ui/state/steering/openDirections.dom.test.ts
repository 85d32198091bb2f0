/** What a drop is: directions, pairs, or somebody else's. */
import { expect, it, vi } from "vitest";
import type { SteeringFile } from "../../../protocol/steering";
import { OpenDirections } from "./openDirections.svelte";

const FOUND: SteeringFile = {
  ...{ name: "v.gguf", format: "gguf", site: "resid_post", metadata: {} },
  directions: [{ layer: 1, field: "direction.1", values: Float32Array.of(1) }],
};
const file = (name: string, text = "x") => new File([text], name);

it("takes one file of directions, and asks the engine about no others", async () => {
  const readSteeringFile = vi.fn(async (one: File) => (one.name === "v.gguf" ? FOUND : undefined));
  const directions = new OpenDirections({ readSteeringFile });
  expect(await directions.open([])).toBe(false);
  expect(await directions.open([file("a.gguf"), file("b.gguf")])).toBe(false);
  expect(await directions.open([file("config.json")])).toBe(false);
  expect(readSteeringFile).not.toHaveBeenCalled();
  expect(await directions.open([file("model.safetensors")])).toBe(false);
  expect(directions.file).toBeUndefined();
  expect(await directions.open([file("v.gguf")])).toBe(true);
  expect(directions.file).toBe(FOUND);
});

it("keeps what was open where the next file is damaged", async () => {
  const readSteeringFile = vi.fn().mockResolvedValueOnce(FOUND).mockRejectedValue(new Error("v.gguf: cut"));
  const directions = new OpenDirections({ readSteeringFile });
  await directions.open([file("v.gguf")]);
  await expect(directions.open([file("w.gguf")])).rejects.toThrow("cut");
  expect(directions.file).toBe(FOUND);
});

it("takes pairs by their first line, and says what is wrong with them", async () => {
  const directions = new OpenDirections({ readSteeringFile: vi.fn() });
  expect(await directions.open([file("p.csv", "prompt,steps\na,b\n")])).toBe(false);
  expect(await directions.open([file("p.csv", "positive,negative\nup,down\n")])).toBe(true);
  expect(directions.pairs).toEqual({ name: "p.csv", pairs: [{ positive: "up", negative: "down" }] });
  await expect(directions.open([file("p.csv", "positive,negative\nup,\n")])).rejects.toThrow(/line 2/);
});
