/**
 * A neuron by its weights alone, without any text: which tokens its output raises and lowers, and which token
 * embeddings its input agrees with (nostalgebraist 2020 for reading weights by the unembedding; Geva et al. 2022,
 * "Transformer Feed-Forward Layers Build Predictions by Promoting Concepts in the Vocabulary Space", arXiv 2203.14680).
 *
 *   1. output: its column of W_out, times the gain of the norm that follows the MLP (Gemma) and of the final norm, the
 *      mean taken off where that is a LayerNorm; through the unembedding this is its effect on every logit, per unit of
 *      activation and up to the positive scales that norms divide by, which depend on the text
 *   2. input: its row of W_in (of the gate's matrix, where the MLP is gated), times the gain of the norm before the
 *      MLP, centred likewise; its product with every token's embedding as it enters the stream, positions left out
 *   3. of the logits the k that it raises most and the k that it lowers most, fewer where fewer lie on that side of
 *      zero; of the products the k largest and the k smallest. Biases of unembedding and norms are the same for all neurons and are
 *      left out
 */
import type { NeuronRequest, NeuronResult } from "../../../protocol/analysis";
import { refuse } from "../../../protocol/errors";
import { readBack } from "../../interp/pass/readBack";
import { alongEmbeddings } from "../../interp/weights/alongEmbeddings";
import { beyondZero, centred, extremes, gained, norm2 } from "../../interp/weights/directions";
import { refuseIndirect, type MlpWeights } from "../../models/weightMap";
import { checkK, isBelow } from "../../models/checks";
import type { Model } from "../../models/model";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";

export async function neuron(
  model: Model,
  { layer, neuron: index, k }: NeuronRequest,
): Promise<NeuronResult> {
  const { architecture, config, memory, weights } = model;
  const weightMap = architecture.weightMap(config);
  const mlp = mlpOf(model, layer, index);
  refuseIndirect(weightMap);
  checkK(k);
  const inputName = mlp.gate ?? mlp.in;

  const matrix = (name: string) => weights.matrix(`${name}.weight`);
  const found = await readBack(memory, (back) => {
    const unit = new Float32Array(config.dMlp);
    unit[index] = 1;
    const column = linear(memory, memory.from(unit, [1, config.dMlp], "unit"), matrix(mlp.out));
    const row = embedding(memory, matrix(inputName), memory.from(Uint32Array.of(index), [1], "neuron"));
    return {
      output: back.tensor(column),
      input: back.tensor(row),
      inputBias: back.part(weights, inputName, "bias", index, 1),
      gains: [mlp.norm, mlp.postNorm, weightMap.finalNorm].map((norm) =>
        back.part(weights, norm?.name, "weight"),
      ),
    };
  });
  const [inGain, postGain, finalGain] = found.gains.map((gain) => gain());
  const output = found.output();
  const input = found.input();
  const added = gained(centred(output, mlp.postNorm), mlp.postNorm, postGain);
  const written = gained(centred(added, weightMap.finalNorm), weightMap.finalNorm, finalGain);
  const readBy = centred(gained(input, mlp.norm, inGain), mlp.norm);

  const products = await readBack(memory, (back) => ({
    logits: back.tensor(
      linear(memory, memory.from(written, [1, config.dModel], "direction"), matrix(weightMap.unembed)),
    ),
    tokens: alongEmbeddings(model, back, readBy),
  }));
  const logits = products.logits();
  const tokens = products.tokens();
  return {
    promotes: beyondZero(logits, k, 1),
    suppresses: beyondZero(logits, k, -1),
    readsMost: extremes(tokens, k, 1),
    readsLeast: extremes(tokens, k, -1),
    inputNorm: norm2(input),
    outputNorm: norm2(output),
    inputBias: found.inputBias()[0] ?? 0,
  };
}

function mlpOf({ architecture, config }: Model, layer: number, index: number): MlpWeights {
  const layers = architecture.weightMap(config).layers;
  const found = layers[layer];
  if (found === undefined)
    return refuse(`Layer ${layer} was asked; this model has layers 0 to ${layers.length - 1}.`);
  if (found.mlp === undefined) return refuse("This model has attention only: there are no neurons.");
  if (!isBelow(index, config.dMlp))
    refuse(`Neuron ${index} was asked; a layer has neurons 0 to ${config.dMlp - 1}.`);
  return found.mlp;
}
