/** A session as a file, and the file as a link; other files are left alone. */
import { expect, it } from "vitest";
import { decodeLink, encodeLink } from "../../client/link/link";
import { toLinkState } from "./permalink";
import { startTestSession } from "../state/testSession";
import { recipeHash, recipeJson } from "./recipeFile";

const file = (name: string, text: string) => new File([text], name);

it("opens like the link of the same session", async () => {
  const { session } = await startTestSession();
  await session.chain.recompute();
  const hash = await recipeHash([file("recipe.json", await recipeJson(session))]);
  const link = await encodeLink(await toLinkState(session));
  expect(await decodeLink(hash!)).toEqual(await decodeLink(link));
});

it("leaves models alone and refuses what is not its own", async () => {
  expect(await recipeHash([file("config.json", `{"model_type":"gpt2"}`)])).toBeUndefined();
  expect(await recipeHash([file("model.safetensors", "…")])).toBeUndefined();
  expect(await recipeHash([file("broken.json", "{")])).toBeUndefined();
  await expect(recipeHash([file("a.json", `{"vitrineRecipe":9}`)])).rejects.toThrow(/version 9/);
  await expect(recipeHash([file("a.json", `{"vitrineRecipe":1,"state":{"model":3}}`)])).rejects.toThrow(
    /model/,
  );
});
