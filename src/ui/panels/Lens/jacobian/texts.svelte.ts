/** Texts for a fit or for judging: problems of the generator, files that were picked or dropped, lines that are typed. */
import { messageOf } from "../../../../protocol/errors";
import { ledgerTexts, pastedLines, type NamedTexts } from "../../../../client/edits/promptSets";
import { EMBEDDED_MODELS } from "../../../../client/examples";
import { formatBytes } from "../../../../client/format";
import { documentsOfFile, MAX_CORPUS_BYTES } from "../../../../client/sae/corpusTexts";
import type { Session } from "../../../state/session.svelte";
import type { TextSource } from "../settings";

export class Texts {
  typed = $state("");
  read: NamedTexts | undefined = $state.raw();
  problem = $state("");

  async take(files: readonly File[]): Promise<void> {
    this.problem = "";
    try {
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      if (bytes > MAX_CORPUS_BYTES)
        throw new Error(
          `These files hold ${formatBytes(bytes)}; at most ${formatBytes(MAX_CORPUS_BYTES)} are read.`,
        );
      const parts = await Promise.all(
        files.map(async (file) => documentsOfFile(file.name, await file.text())),
      );
      if (parts.length > 0)
        this.read = {
          name: files.map(({ name }) => name).join(", "),
          texts: parts.flatMap(({ texts }) => texts),
        };
    } catch (error) {
      this.problem = messageOf(error);
    }
  }

  /** What there is of the chosen kind; undefined where nothing was given yet. */
  of(source: TextSource, problems: number, seed: number): NamedTexts | undefined {
    if (source === "ledger") return ledgerTexts(problems, seed);
    if (source === "files") return this.read;
    return this.typed.trim() === "" ? undefined : { ...pastedLines(this.typed), name: "typed lines" };
  }
}

/** The generator's texts are for the models that were trained on them. */
export const readsLedger = ({ model }: Session) =>
  model?.source === "embedded" && EMBEDDED_MODELS.some((name) => name === model.name);

/** What is put before every text. */
export const beforeEach = ({ model, addBos }: Session): readonly number[] =>
  model?.bosId !== undefined && addBos ? [model.bosId] : [];
