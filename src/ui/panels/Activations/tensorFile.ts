/** Whole tensors as a file: which are captured for it, and what the file says of how they were made. */
import type { CapturePlan } from "../../../protocol/analysis";
import type { RunId } from "../../../protocol/progress";
import type { Site } from "../../../protocol/sites";
import type { Session } from "../../state/session.svelte";
import { promptsOf, write, type Captured } from "./capture.svelte";

export type FileFormat = "safetensors" | "npz";
type OfText = Pick<Captured, "texts" | "edits" | "request">;

/** What the file's tensors take; of written text, which may be written again, as long as it is. */
export function planFile(session: Session, captured: OfText, sites: readonly Site[]): Promise<CapturePlan> {
  const edits = captured.request ? [] : captured.edits;
  return session.engine.planCapture({ prompts: promptsOf({ ...captured, edits }), sites });
}

/** Captures the sites once more, all that are wanted, and lets go of them when they are written. */
export async function tensorFile(
  session: Session,
  captured: OfText,
  sites: readonly Site[],
  format: FileFormat,
  runId: RunId,
): Promise<Uint8Array<ArrayBuffer>> {
  const { engine } = session;
  const { request } = captured;
  const prompt = captured.texts[0]?.tokens.slice(0, request?.tokens.length) ?? [];
  const written = request && (await write(session, prompt, request, sites, runId));
  const refs = written?.refs ?? (await engine.capture({ prompts: promptsOf(captured), sites }, runId));
  const ids = refs.map(({ id }) => id);
  try {
    return await engine.exportTensors(ids, format, fileMetadata(session, { ...captured, ...written }));
  } finally {
    await engine.releaseTensors(ids);
  }
}

/** Everything that the numbers depend on, as text. */
export function fileMetadata(session: Session, { texts, edits, request }: OfText): Record<string, string> {
  const { model, device } = session;
  const isTwice = !request && edits.length > 0;
  const prompts = texts.map(({ tokens }) => tokens.map(({ id }) => id));
  return {
    ...{ model: model?.name ?? "", sha256: model?.sha256 ?? "", architecture: model?.architecture ?? "" },
    ...{
      precision: model?.precision ?? "",
      device: device?.label ?? "",
      seed: String(request?.seed ?? session.seed),
    },
    edits: JSON.stringify(edits),
    // prompt.0, prompt.1 … in the names of tensors.
    prompts: JSON.stringify([
      ...prompts.map((tokens) => ({ tokens, edits: edits.length > 0 })),
      ...(isTwice ? prompts.map((tokens) => ({ tokens, edits: false })) : []),
    ]),
    ...(request ? { generation: JSON.stringify(request) } : {}),
  };
}
