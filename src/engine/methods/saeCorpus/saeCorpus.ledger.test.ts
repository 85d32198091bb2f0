/** An autoencoder that ships, over the held-out problems of its card: the numbers that Python found on the same tokens. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { problemsOf, PROBLEMS_PER_SPLIT } from "../../../../training/writeProblems";
import { LEDGER_VOCABULARY } from "../../../synthetic/ledger/ledger";
import type { ModelInfo } from "../../../protocol/api";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import { openModelFiles } from "../../formats/modelFiles";
import { filesFromFolder } from "../../formats/bytes/sourceNode";
import { loadModel } from "../../models/loading/loadModel";
import { OpenSaes } from "../../open/openSaes";
import { CorpusStats, corpusLatent } from "./saeCorpus";

const FOLDER = "static/models/ledger";
const SITE = "blocks.2.resid_post";

interface Scored {
  readonly sites: Readonly<Record<string, { readonly fvu: number; readonly l0: number }>>;
}

it("reconstructs as well as the card says", async () => {
  const all = await filesFromFolder(FOLDER);
  const files = await openModelFiles(all.filter(({ name }) => !name.startsWith("sae/")));
  const { model } = await loadModel(await createCpuDevice(), files, "auto", NEVER_CANCELLED);
  const saeFiles = await filesFromFolder(`${FOLDER}/sae/${SITE}`);
  const info = { name: "ledger", sha256: "" } as ModelInfo;
  const [sae] = await new OpenSaes().attach(model, info, saeFiles, {}, new CancelToken());

  const idOf = new Map(LEDGER_VOCABULARY.map((word, id) => [word, id]));
  const documents = problemsOf("score", PROBLEMS_PER_SPLIT).map((problem) =>
    problem.map(({ word }) => idOf.get(word) ?? -1),
  );
  const request = { saes: [sae!.id], name: "problems", documents, contextSize: 256, addBos: true, seed: 1 };
  const corpus = new CorpusStats(1, model, request, idOf.get("<s>"));
  const found = await corpus.run(model, NEVER_CANCELLED);
  const card = (JSON.parse(readFileSync(`${FOLDER}/sae/factors.json`, "utf8")) as Scored).sites;
  const scored = Object.entries(card).find(([site]) => site.replace("hook_", "") === SITE)![1];
  expect(found.tokensDone).toBe(59_803);
  expect(found.fvu[0]).toBeCloseTo(scored.fvu, 6);
  expect(found.l0[0]).toBeCloseTo(scored.l0, 6);

  const latent = await corpusLatent(model, corpus, { sae: sae!.id, latent: 100 }, NEVER_CANCELLED);
  expect(latent.active).toBeGreaterThan(0);
  for (const { at, value, values } of latent.top) expect(values[at]).toBeCloseTo(value, 4);
});
