/** The second model: newest wish wins, what is open stays if the next is refused. */
import { expect, it } from "vitest";
import type { EngineApi, ModelSource } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { VitrineError } from "../../protocol/errors";
import { OtherModel } from "./otherModel.svelte";
import { TEST_MODEL } from "./testEngine";

function start() {
  const calls: string[] = [];
  const waiting = new Map<string, (error: Error) => void>();
  const engine = {
    async loadOtherModel({ name }: ModelSource, _: unknown, __: string, onProgress: (p: Progress) => void) {
      calls.push(`load ${name}`);
      onProgress({ done: 1, total: 2, note: "reading weights" });
      if (name === "bad") throw new VitrineError("BadFile", "bad is damaged.");
      if (name === "slow") await new Promise((_, reject) => waiting.set("slow", reject));
      return { ...TEST_MODEL, name };
    },
    closeOtherModel: async () => void calls.push("close"),
    cancel: async () => waiting.get("slow")?.(new VitrineError("Cancelled", "Stopped.")),
  } as unknown as EngineApi;
  return { other: new OtherModel(engine), calls };
}

it("opens a model, and keeps it when another is refused", async () => {
  const { other } = start();
  expect(other.model).toBeUndefined();
  const loading = other.loadEmbedded("good");
  expect(other.state.status).toBe("loading");
  await loading;
  expect(other.model?.name).toBe("good");
  await other.loadEmbedded("bad");
  expect([other.model?.name, other.error]).toEqual(["good", "bad is damaged."]);
});

it("takes the newest wish, and says nothing of what it stopped", async () => {
  const { other } = start();
  const slow = other.loadEmbedded("slow");
  await other.loadEmbedded("good");
  await slow;
  expect([other.model?.name, other.error]).toEqual(["good", undefined]);
});

it("closes, and opens again what the engine has lost", async () => {
  const { other, calls } = start();
  await other.loadFiles([new File([], "model.safetensors")], "folder");
  await other.reopen();
  expect(other.model?.name).toBe("folder");
  await other.close();
  await other.reopen();
  expect(other.model).toBeUndefined();
  expect(calls).toEqual(["load folder", "load folder", "close"]);
});
