/** The same prompt continued twice, under edits and under fewer of them or none, by the same settings and seed. */
import type { TokenInfo } from "../../../protocol/api";
import { isVitrineError, messageOf } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import { editsText } from "../../../client/edits/chipText";
import { generateRequest } from "../../../client/generation";
import type { Session } from "../session.svelte";

export interface Written {
  readonly now: readonly TokenInfo[];
  readonly baseline: readonly TokenInfo[];
  /** What it was written under, in words. */
  readonly under: string;
  readonly isDone: boolean;
}

let count = 0;

export class BothTexts {
  written = $state.raw<Written | undefined>();
  busy = $state(false);
  error = $state.raw<string | undefined>();
  #runId = "";

  constructor(private readonly session: Session) {}

  /** `edits`: what is acted under now; `baseline`: what it is held against. A text that is still being written is dropped. */
  async write(edits: readonly Edit[], baseline: readonly Edit[] = []): Promise<void> {
    const { session } = this;
    const { model, engine, temperature, seed } = session;
    if (!model) return;
    if (this.busy) this.cancel();
    const runId = (this.#runId = `both-${++count}`);
    const isNewest = () => this.#runId === runId;
    const how = temperature === 0 ? "temperature 0" : `temperature ${temperature}, seed ${seed}`;
    this.busy = true;
    this.error = undefined;
    let written: Written = { now: [], baseline: [], under: `${editsText(edits)} · ${how}`, isDone: false };
    const show = (part: Partial<Written>) => {
      written = { ...written, ...part };
      if (isNewest()) this.written = written;
    };
    try {
      const prompt = await session.promptTokens(session.promptText);
      const one = async (which: "now" | "baseline", under: readonly Edit[]) => {
        const request = generateRequest(prompt, under, session, model);
        const { tokens } = await engine.generate(request, runId, (token) => {
          show({ [which]: [...written[which], token] });
        });
        const ids = prompt.map(({ id }) => id);
        const all = await engine.describeTokens([...ids, ...tokens]);
        show({ [which]: all.slice(ids.length) });
      };
      show({});
      await one("baseline", baseline);
      await one("now", edits);
      show({ isDone: true });
    } catch (error) {
      if (isNewest() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      if (isNewest()) this.busy = false;
    }
  }

  cancel(): void {
    void this.session.engine.cancel(this.#runId);
  }
}
