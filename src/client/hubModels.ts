/** Good small models on the Hub, for the model menu; sizes are those of the files that would be fetched. */
import { HUB_URL } from "../protocol/modelAddress";

export interface HubModel {
  /** "owner/name". */
  readonly id: string;
  readonly parameters: number;
  /** To three digits. */
  readonly downloadBytes: number;
  /** Where its tokenizer.json is, if its own repository has none. */
  readonly tokenizerFrom?: string;
  /** The Hub gives it only to who has logged in and accepted its terms, which this page cannot do. */
  readonly isGated?: true;
}

export const HUB_MODELS: readonly HubModel[] = [
  // The TinyStories checkpoints hold vocab.json and merges.txt only; the tokens are GPT-2's.
  {
    id: "roneneldan/TinyStories-1M",
    parameters: 3.75e6,
    downloadBytes: 49e6,
    tokenizerFrom: "openai-community/gpt2",
  },
  { id: "EleutherAI/pythia-14m", parameters: 14.1e6, downloadBytes: 55e6 },
  {
    id: "roneneldan/TinyStories-33M",
    parameters: 68.5e6,
    downloadBytes: 291e6,
    tokenizerFrom: "openai-community/gpt2",
  },
  { id: "EleutherAI/pythia-70m-deduped", parameters: 70.4e6, downloadBytes: 168e6 },
  { id: "openai-community/gpt2", parameters: 124e6, downloadBytes: 549e6 },
  { id: "HuggingFaceTB/SmolLM2-135M", parameters: 135e6, downloadBytes: 271e6 },
  { id: "google/gemma-3-270m", parameters: 268e6, downloadBytes: 570e6, isGated: true },
  { id: "Qwen/Qwen2.5-0.5B", parameters: 494e6, downloadBytes: 995e6 },
];

/** Where this page looks for the Hub: whoever hosts it may name a mirror in index.html. */
export function hubUrl(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name="model-hub"]')?.content;
  return named ? new URL(named).origin : HUB_URL;
}
