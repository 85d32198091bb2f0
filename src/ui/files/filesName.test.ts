import { expect, it } from "vitest";
import { filesName } from "./filesName";

const file = (name: string, size: number, path = "") =>
  Object.defineProperty(new File([new Uint8Array(size)], name), "webkitRelativePath", { value: path });

it("names files by their folder, else by the weights", () => {
  expect(filesName([file("config.json", 3), file("model.safetensors", 90)])).toBe("model.safetensors");
  expect(filesName([file("config.json", 3, "gpt/config.json"), file("m.bin", 9, "gpt/m.bin")])).toBe("gpt");
  expect(filesName([file("config.json", 3)], "given")).toBe("given");
  expect(filesName([])).toBe("files");
});
