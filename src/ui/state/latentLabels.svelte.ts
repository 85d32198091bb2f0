/**
 * What latents are called: by whoever looks at them, by a file of explanations, or by the rule that labels those of the
 * embedded model. They belong to an autoencoder by its weights, and live as long as the page.
 */
import type { SaeInfo } from "../../protocol/sae/features";
import { labelF1 } from "../../client/sae/latentCode";
import type { LabelList } from "../../client/sae/labelFiles";

export interface LatentLabel {
  readonly text: string;
  /** Where it comes from: "rule", "own", or the name of a file. */
  readonly source: string;
  /** How well the words fit where the latent is active, where that was measured; never for words of one's own. */
  readonly f1?: number;
}

function measured(text: string, source: string): LatentLabel {
  const f1 = labelF1(text);
  return { text, source, ...(f1 !== undefined && { f1 }) };
}

/** Those of one's own and of files, then those by rule; of each those that fit best first, those not measured last. */
export function byF1(
  labels: readonly (readonly [number, LatentLabel])[],
): (readonly [number, LatentLabel])[] {
  const byRule = ({ source }: LatentLabel) => (source === "rule" ? 1 : 0);
  return labels.toSorted(
    ([a, one], [b, other]) => byRule(one) - byRule(other) || (other.f1 ?? -1) - (one.f1 ?? -1) || a - b,
  );
}

type Named = Pick<SaeInfo, "sha256">;

/** Labels that come with an autoencoder. */
export interface GivenLabels {
  labelsOf(sae: Named): Readonly<Record<string, string>>;
}

export class LatentLabels {
  /** Those that are not given, by SHA-256. */
  #own = $state.raw<ReadonlyMap<string, ReadonlyMap<number, LatentLabel>>>(new Map());

  constructor(private readonly given: GivenLabels) {}

  of(sae: Named, latent: number): LatentLabel | undefined {
    const own = this.#own.get(sae.sha256)?.get(latent);
    if (own) return own;
    const text = this.given.labelsOf(sae)[String(latent)];
    return text === undefined ? undefined : measured(text, "rule");
  }

  /** All of them, in order of latent. */
  all(sae: Named): readonly (readonly [number, LatentLabel])[] {
    const given = Object.entries(this.given.labelsOf(sae)).map(([latent, text]): [number, LatentLabel] => [
      Number(latent),
      measured(text, "rule"),
    ]);
    const labels = new Map([...given, ...(this.#own.get(sae.sha256) ?? [])]);
    return [...labels].toSorted(([a], [b]) => a - b);
  }

  /** No words take a label of one's own away: the one that was given shows again. */
  set(sae: Named, latent: number, words: string): void {
    const text = words.trim();
    const before = this.of(sae, latent);
    if (text === (before?.text ?? "")) return;
    const labels = new Map(this.#own.get(sae.sha256));
    if (text === "") labels.delete(latent);
    else labels.set(latent, { text, source: "own" });
    this.#write(sae, labels);
  }

  /** From a file; they take the place of others of the same latents. Answers how many there are of this autoencoder. */
  take(sae: Named & Pick<SaeInfo, "nLatents">, found: LabelList, source: string): number {
    const fitting = [...found].filter(([latent]) => latent < sae.nLatents);
    const labels = new Map(this.#own.get(sae.sha256));
    for (const [latent, text] of fitting) labels.set(latent, measured(text, source));
    this.#write(sae, labels);
    return fitting.length;
  }

  #write({ sha256 }: Named, labels: ReadonlyMap<number, LatentLabel>): void {
    this.#own = new Map([...this.#own, [sha256, labels]]);
  }
}
