/** GPT-2 configs that are refused, with the field and its value. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import { openModelFiles } from "../../formats/modelFiles";
import { filesFromFolder } from "../../formats/bytes/sourceNode";
import { loadModel } from "../loading/loadModel";

const FOLDER = join(import.meta.dirname, "../golden/tinyGpt2");

describe("GPT-2 configs", () => {
  it.each([
    [{ activation_function: "swiglu" }, /activation_function is "swiglu"; known: gelu, gelu_new/],
    [{ n_head: 5 }, /n_embd 12 is not a multiple of n_head 5/],
    [{ n_layer: -1 }, /n_layer is -1, expected a whole number/],
    [{ vocab_size: "many" }, /vocab_size is "many"/],
  ])("refuses %j with the field and its value", async (change, message) => {
    const files = await openModelFiles(
      (await filesFromFolder(FOLDER)).filter(({ name }) => !name.startsWith("golden")),
    );
    const changed = { ...files, config: { ...files.config, ...change } };
    await expect(loadModel(await createCpuDevice(), changed, "f32", NEVER_CANCELLED)).rejects.toThrow(
      message,
    );
  });
});
