/** The filler of the option, or a usual one. */
import type { EngineApi } from "../protocol/api";
import { findFiller, readFiller, type Filler } from "../client/chain/filler";
import { usage } from "./options";

/** The filler that is named, else the first usual one that is one token of this model. */
export async function filler(engine: EngineApi, text: string | undefined): Promise<Filler> {
  const found = text === undefined ? await findFiller(engine) : await readFiller(engine, text);
  return found ?? usage("no usual filler is one token of this model; name one with --filler");
}
