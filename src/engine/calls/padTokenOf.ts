/** The tokenizer's word for nothing in particular; a model without tokenizer is told one. */
import { VitrineError } from "../../protocol/errors";
import type { OpenModel } from "../open/openModel";

export async function padTokenOf({ tokenizer, info }: OpenModel): Promise<number> {
  if (!tokenizer) {
    throw new VitrineError(
      "Unsupported",
      "This model has no tokenizer: say which token stands for one that is left out.",
    );
  }
  const { defaultPadToken } = await import("../methods/n2g/padToken");
  return defaultPadToken({
    // A token that does not spell it is the one for unknown text.
    encode: (text) => {
      const ids = tokenizer.encode(text, { addBos: false });
      return tokenizer.decode(ids).trim() === text.trim() ? ids : [];
    },
    ...(info.eosId === undefined ? {} : { eosId: info.eosId }),
  });
}
