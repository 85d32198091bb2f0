/**
 * Opens device and model, and fits the session to what arrives: another model ends what the one before was writing, and
 * takes over prompt and chain as far as it can read them.
 */
import type { DeviceInfo, DevicePreference, EngineApi, ModelInfo, ModelSource } from "../../protocol/api";
import type { LinkState } from "../../client/link/link";
import { EMBEDDED_MODELS, fetchExamples, type Example } from "../../client/examples";
import { beginsWithBos, looksLikeTokenIds } from "../../client/tokens/tokenIds";
import type { Autoencoders } from "./autoencoders.svelte";
import type { ChainState } from "./chain/chain.svelte";
import type { ModelHealth } from "./modelHealth.svelte";
import type { Lenses } from "./lenses.svelte";
import type { Beside, ModelLoader } from "./modelLoader.svelte";
import type { OtherModel } from "./otherModel.svelte";
import type { RecentModels } from "./recentModels.svelte";
import type { KernelCheckResult } from "./states";

/** What opening needs of the session. */
export interface OpeningSession {
  readonly engine: EngineApi;
  readonly model: ModelInfo | undefined;
  readonly loader: ModelLoader;
  readonly health: ModelHealth;
  readonly recentModels: RecentModels;
  readonly chain: ChainState;
  readonly saes: Autoencoders;
  readonly lenses: Lenses;
  readonly other: OtherModel;
  /** A link whose model is not loaded yet. */
  readonly awaiting: LinkState | undefined;
  readonly onLoaded: (() => Promise<void>) | undefined;
  device: DeviceInfo | undefined;
  kernelCheck: KernelCheckResult | undefined;
  message: { readonly kind: "info" | "error"; readonly text: string } | undefined;
  panel: string;
  promptText: string;
  addBos: boolean;
  examples: readonly Example[];
  endWriting(): Promise<void>;
  clear(): void;
  showExample(example: Example): void;
  refreshTokens(): Promise<void>;
  fail(error: unknown): void;
}

/** Opens the device and the model: the one that was open, else the first embedded one. */
export async function startSession(session: OpeningSession): Promise<void> {
  await session.engine.subscribe((event) => {
    if (event.type === "deviceLost") {
      const name = session.model?.name ?? "the device";
      session.message = {
        kind: "info",
        text: `The GPU was reset. Restoring ${name}… your prompt and edits are kept.`,
      };
    } else {
      session.device = event.device;
      session.message = { kind: "info", text: `Restored on ${event.device.label}. Nothing was lost.` };
      // It may be restored on another kind of device: numbers of both are not mixed.
      void session.chain.renew();
    }
  });
  await openDevice(session, session.device?.preference ?? "auto");
  if (session.loader.state.status !== "none") return;
  await session.loader.reload({ kind: "embedded", name: EMBEDDED_MODELS[0] });
}

/** The worker died and another took its place: everything that lived there is loaded again. */
export async function restartSession(session: OpeningSession): Promise<void> {
  const lost = session.loader.reset(session.recentModels.kept);
  const again = lost ? ` ${lost} would have to be fetched again: open it from the model menu.` : "";
  session.message = {
    kind: "error",
    text: `The engine stopped and was started again. Your prompt and steps are kept.${again}`,
  };
  await startSession(session);
  await session.chain.recompute();
  await session.other.reopen();
}

export async function openDevice(session: OpeningSession, preference: DevicePreference): Promise<void> {
  try {
    session.device = await session.engine.openDevice(preference);
    session.kernelCheck = undefined;
    // Numbers say which device they come from.
    if (session.model) void session.chain.renew();
  } catch (error) {
    session.fail(error);
  }
}

/** Ends what the model before was still writing, then fits prompt and chain to this one. */
export async function settle(
  session: OpeningSession,
  info: ModelInfo,
  source: ModelSource,
  before?: ModelInfo,
): Promise<void> {
  const done = before ? [`${info.name} reads text now, with this tokenizer.`] : [];
  const notes = [...done, ...info.notes.filter((note) => !before?.notes.includes(note))];
  if (notes.length > 0) session.message = { kind: "info", text: notes.join(" ") };
  try {
    await session.endWriting();
    // Ids that were typed are not text.
    if (before && looksLikeTokenIds(session.promptText)) session.clear();
    await afterLoad(session, source, info);
    if (session.model === info) session.onLoaded?.().catch((error: unknown) => session.fail(error));
    void examine(session, info);
  } catch (error) {
    session.fail(error);
  }
}

/** What was dropped on the page, or lay in the model's folder, and needs the model: shown where it is at home. */
export async function attachFiles(session: OpeningSession, { saes, lenses }: Beside): Promise<void> {
  if (saes.length > 0) await attachSaes(session, saes);
  if (lenses.length > 0) await openLenses(session, lenses);
}

async function openLenses(session: OpeningSession, files: readonly File[]): Promise<void> {
  const opened = await session.lenses.open(files);
  if (opened.length > 0) session.panel = "Lens";
  const texts = opened.map(({ name, notes }) => [`${name}: a Jacobian lens.`, ...notes].join(" "));
  if (session.lenses.error) session.message = { kind: "error", text: session.lenses.error };
  else if (texts.length > 0) session.message = { kind: "info", text: texts.join(" ") };
}

async function attachSaes(session: OpeningSession, files: readonly File[]): Promise<void> {
  const before = session.saes.list.length;
  await session.saes.attachFiles(files, undefined);
  const count = session.saes.list.length - before;
  if (count > 0 || session.saes.incomplete) session.panel = "Features";
  if (count > 0) {
    const what = count === 1 ? "A sparse autoencoder was" : `${count} sparse autoencoders were`;
    session.message = { kind: "info", text: `${what} attached to ${session.model?.name}.` };
  } else if (session.saes.error) session.message = { kind: "error", text: session.saes.error };
}

async function examine(session: OpeningSession, info: ModelInfo): Promise<void> {
  const problem = await session.health.examine(info);
  if (problem === undefined || session.model !== info || session.message?.kind === "error") return;
  session.message = { kind: "info", text: [...info.notes, problem].join(" ") };
}

async function afterLoad(session: OpeningSession, source: ModelSource, info: ModelInfo): Promise<void> {
  session.chain.reset(info.sha256);
  await Promise.all([session.saes.refresh(), session.lenses.refresh()]);
  session.examples = source.kind === "embedded" ? await fetchExamples(info.name) : [];
  // A link that waited for this model says all the rest.
  if (session.awaiting?.model.sha256 === info.sha256) return;
  session.addBos = info.hasTokenizer && (await beginsWithBos(session.engine));
  await session.chain.chooseFiller();
  const [first] = session.examples;
  if (session.promptText === "" && first) return session.showExample(first);
  // Words mean nothing to a model that takes token ids.
  if (!info.hasTokenizer && !looksLikeTokenIds(session.promptText)) session.clear();
  await Promise.all([session.refreshTokens(), session.chain.recompute()]);
}
