// Stands in for the ONNX runtimes that @xenova/transformers imports: Vitrine uses its tokenizers only, which
// touch nothing but the Tensor class.
class Tensor {
  constructor(type, data, dims) {
    this.type = type;
    this.data = data;
    this.dims = dims;
    this.size = data.length;
  }
}

export default {
  Tensor,
  env: {},
  InferenceSession: {
    create() {
      throw new Error("Vitrine has its own engine: ONNX Runtime is not part of it");
    },
  },
};
