/** Numbers "without the edits" are those of the chain as it was typed, in how its steps are taken away too. */
import { expect, it, vi } from "vitest";
import type { CoalitionsRequest, ChainGameRequest } from "../../../protocol/chain";
import { startTestSession } from "../testSession";

it("takes the numbers of the chain's own tokens away where a token edit is left out", async () => {
  const { session, engine } = await startTestSession();
  const { chain, edits } = session;
  const { prompt, steps } = await chain.tokens();
  // " 7" of the second step becomes " plums": under the edit it is no number.
  const at = prompt.length + steps[0]!.length + 1;
  const [token] = await engine.tokenizeInside(" plums");
  const coalitions = vi.spyOn(engine, "coalitions");
  const games = vi.spyOn(engine, "chainGame");
  edits.add({ kind: "token", position: at, token: token!.id, text: " plums" });
  chain.setMode("symbol");
  await vi.waitFor(() => expect(chain.effect?.unedited).toBeDefined());
  await chain.game.run();
  const asked: (CoalitionsRequest | ChainGameRequest)[] = [
    ...coalitions.mock.calls.map(([request]) => request).filter(({ mode }) => mode === "symbol"),
    ...games.mock.calls.map(([request]) => request),
  ];
  const numbersAt = (under: boolean) =>
    asked
      .filter(({ edits: on = [] }) => on.length > 0 === under)
      .map(({ numbers }) => (numbers?.[1]?.[1] ?? -1) >= 0);
  // Of the effect the toggled chain and the curves, and of the game one.
  expect(numbersAt(true)).toEqual([false, false, false]);
  expect(numbersAt(false)).toEqual([true, true, true]);
});
