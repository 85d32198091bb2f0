/**
 * Where a model keeps the weights that methods read directly: direct logit attribution and the neuron view need
 * them outside a forward pass. Everything is a name among ours: `<name>.weight`, and `<name>.bias` where one was
 * loaded.
 */
import { VitrineError } from "../../protocol/errors";

/** Prefix of a layer's weights among ours. */
export const blockName = (index: number) => `blocks.${index}`;

export interface NormWeights {
  readonly name: string;
  /** "layer" takes the mean off before it divides by the deviation; "rms" divides by the root mean square. */
  readonly kind: "layer" | "rms";
  readonly eps: number;
  /** Added to the weights (Gemma stores them less one). */
  readonly offset: number;
}

export interface MlpWeights {
  /** [dMlp, dModel]. */
  readonly in: string;
  /** [dMlp, dModel]: the branch that passes the activation function, where the MLP is gated. */
  readonly gate: string | undefined;
  /** [dModel, dMlp]. */
  readonly out: string;
  /** Before it. */
  readonly norm: NormWeights | undefined;
  /** Between its output and the residual stream. */
  readonly postNorm: NormWeights | undefined;
}

export interface LayerWeights {
  /** [dModel, nHeads * dHead]. */
  readonly attentionOut: string;
  /** Between the output of attention and the residual stream. */
  readonly attentionPostNorm: NormWeights | undefined;
  readonly mlp: MlpWeights | undefined;
}

export interface WeightMap {
  /** [dVocab, dModel]. */
  readonly embed: string;
  /** What a token's embedding is multiplied by before it enters the residual stream. */
  readonly embedScale: number;
  /** The norm that an embedding passes before that (BLOOM). */
  readonly embedNorm?: NormWeights;
  /** Position embeddings are added to the residual stream. */
  readonly positionsEnterStream: boolean;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: NormWeights | undefined;
  /** [dVocabOut, dModel]. */
  readonly unembed: string;
  /** Logits become cap tanh(logit / cap). */
  readonly logitCap: number | undefined;
  /**
   * Why what a component writes does not reach the final norm as it is, to be read by the unembedding: the rest of a
   * sentence that begins "In this model …". Undefined in nearly all models.
   */
  readonly indirect?: string;
}

/** For methods that read weights from a component straight to the logits. */
export function refuseIndirect({ indirect }: WeightMap): void {
  if (indirect === undefined) return;
  throw new VitrineError(
    "Unsupported",
    `In this model ${indirect}: no component's part in a logit can be read off the weights. Ablate or patch it instead.`,
  );
}

interface Plan {
  readonly nLayers: number;
  /** Of the norms in layers, and of the final one; undefined where there are none. */
  readonly norm: Omit<NormWeights, "name"> | undefined;
  readonly finalNorm: Omit<NormWeights, "name"> | undefined;
  readonly mlp: "none" | "plain" | "gated";
  /** The norm before the MLP, if not its own. */
  readonly mlpNorm?: string;
  /** Sublayers read the residual stream through a norm; true if left out. */
  readonly preNorms?: boolean;
  /** Sublayers pass another norm before the residual stream. */
  readonly postNorms?: boolean;
}

/** The weightMap of models whose weights have the names of `layers.ts`; what else differs is spread over it. */
export function namedWeightMap(plan: Plan): WeightMap {
  const { nLayers, norm, finalNorm, mlp, mlpNorm = "ln2", preNorms = true, postNorms = false } = plan;
  const named = (name: string): NormWeights | undefined => norm && { ...norm, name };
  return {
    embed: "embed",
    embedScale: 1,
    positionsEnterStream: false,
    layers: Array.from({ length: nLayers }, (_, index) => {
      const ours = (name: string) => `${blockName(index)}.${name}`;
      return {
        attentionOut: ours("o"),
        attentionPostNorm: postNorms ? named(ours("ln1_post")) : undefined,
        mlp:
          mlp === "none"
            ? undefined
            : {
                in: ours("up"),
                gate: mlp === "gated" ? ours("gate") : undefined,
                out: ours("down"),
                norm: preNorms ? named(ours(mlpNorm)) : undefined,
                postNorm: postNorms ? named(ours("ln2_post")) : undefined,
              },
      };
    }),
    finalNorm: finalNorm && { ...finalNorm, name: "ln_final" },
    unembed: "unembed",
    logitCap: undefined,
  };
}
