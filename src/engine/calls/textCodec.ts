/** Text in and out of an open model, for calls that take or give text. */
import { VitrineError } from "../../protocol/errors";
import type { Tokenizer } from "../formats/tokenizer/tokenizer";
import { describeIds, type OpenModel } from "../open/openModel";

export interface TextCodec extends Pick<
  Tokenizer,
  "encode" | "encodeParts" | "encodeInside" | "bosByDefault"
> {
  /** `before`: the token ahead of them. */
  text(ids: readonly number[], before?: number): string;
  readonly eosId: number | undefined;
}

export function tokenizerIn({ tokenizer }: OpenModel): Tokenizer {
  if (tokenizer) return tokenizer;
  throw new VitrineError(
    "Unsupported",
    "This model has no tokenizer of its own: type token ids, or drop its tokenizer.json in.",
  );
}

export function textCodec(open: OpenModel): TextCodec {
  const tokenizer = tokenizerIn(open);
  const { encode, encodeParts, encodeInside, bosByDefault } = tokenizer;
  const text = (ids: readonly number[], before?: number) =>
    describeIds(tokenizer, ids, before)
      .map((token) => token.text)
      .join("");
  return { encode, encodeParts, encodeInside, bosByDefault, text, eosId: open.info.eosId };
}
