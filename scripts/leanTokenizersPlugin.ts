/**
 * Vite plugin: the tokenizer library without what the page never calls. Its downloads are left out, because files come
 * from the visitor; its tensors, because ids are plain numbers; its templates too, because `formats/tokenizer/tokenizer.ts` fetches the template language with the first chat.
 */
import type { Plugin } from "vite";

const PREFIX = "\0vitrine-lean:";
const LIBRARY = /@xenova\/transformers\/src\/tokenizers\.js$/;

/** What stands in place of a module that the library imports. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "./utils/hub.js": `export function getModelJSON() { throw new Error("Nothing is downloaded here."); }`,
  "./utils/tensor.js": `export class Tensor { constructor() { throw new Error("Token ids are plain numbers here."); } }`,
  "@huggingface/jinja": `export class Template { constructor() { throw new Error("Templates are rendered elsewhere."); } }`,
};

export function leanTokenizersPlugin(): Plugin {
  return {
    name: "vitrine-lean-tokenizers",
    enforce: "pre",
    resolveId: (id, importer) =>
      id in LEFT_OUT && importer && LIBRARY.test(importer.replaceAll("\\", "/").replace(/\?.*$/, ""))
        ? PREFIX + id
        : undefined,
    load: (id) => (id.startsWith(PREFIX) ? LEFT_OUT[id.slice(PREFIX.length)] : undefined),
  };
}
