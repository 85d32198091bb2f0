/** Names of activation functions as scripts write them, and the choice of one where nothing tells it. */
import type { WantedField } from "../../../protocol/missingFields";

const SAME: Readonly<Record<string, string>> = {
  swish: "silu",
  newgelu: "gelu_new",
  gelu_tanh: "gelu_pytorch_tanh",
};

/** "ReLU", "nn.GELU()", "torch.nn.functional.relu" → "relu", "gelu". Undefined for what is no name. */
export function activationName(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const plain = value
    .replace(/\(.*\)$/, "")
    .split(".")
    .at(-1)
    ?.toLowerCase();
  return plain === undefined || plain === "" ? undefined : (SAME[plain] ?? plain);
}

const LABELS = [
  ["relu", "ReLU"],
  ["gelu", "GELU, exact (torch's nn.GELU)"],
  ["gelu_new", "GELU by tanh (GPT-2's gelu_new)"],
  ["silu", "SiLU"],
] as const;

export const activationField = (name: string): WantedField => ({
  name,
  what: "the activation function of the MLP",
  choices: LABELS.map(([value, label]) => ({ value, label })),
});
