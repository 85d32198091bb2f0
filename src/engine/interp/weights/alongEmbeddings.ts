/** What a direction reads of every token: its product with the token's embedding as that enters the residual stream. */
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import { layerNorm } from "../../ops/norm";
import type { Matrix } from "../../ops/weights";
import type { Later, ReadBack } from "../pass/readBack";

/** Rows of the embedding that are normalised at a time. */
const ROWS = 4096;

/** direction [dModel] → [dVocab], once `back` is read; positions left out. Call it while `back` records. */
export function alongEmbeddings(model: Model, back: ReadBack, direction: Float32Array<ArrayBuffer>): Later {
  const { architecture, config, memory, weights } = model;
  const { embed, embedScale, embedNorm } = architecture.weightMap(config);
  const table = weights.matrix(`${embed}.weight`);
  if (!embedNorm) {
    const scaled = direction.map((value) => value * embedScale);
    return back.tensor(linear(memory, memory.from(scaled, [1, config.dModel], "direction"), table));
  }
  // Every token's norm has a scale of its own, so its row passes the norm itself.
  const [rows] = table.shape;
  const readBy = asMatrix(memory.from(direction, [1, config.dModel], "direction"));
  const [weight, bias] = [
    weights.vector(`${embedNorm.name}.weight`),
    weights.vector(`${embedNorm.name}.bias`),
  ];
  const parts: Later[] = [];
  for (let first = 0; first < rows; first += ROWS) {
    memory.scope(() => {
      const ids = Uint32Array.from({ length: Math.min(ROWS, rows - first) }, (_, i) => first + i);
      const tokens = embedding(memory, table, memory.from(ids, [ids.length], "tokens"));
      const entering = layerNorm(memory, tokens, weight, bias, embedNorm.eps);
      parts.push(back.tensor(linear(memory, entering, readBy)));
    });
  }
  return () => {
    const all = new Float32Array(rows);
    parts.forEach((part, i) => all.set(part(), i * ROWS));
    return all;
  };
}

/** A row as the weights of one output. */
function asMatrix({ buffer, shape }: Tensor): Matrix {
  return { shape: [1, shape[1] ?? 0], dtype: "f32", chunks: [{ buffer, firstRow: 0, rows: 1 }] };
}
