// Stands in for the image library that @xenova/transformers imports; its tokenizers never call it.
export default function sharp() {
  throw new Error("Vitrine reads no images: sharp is not part of it");
}
