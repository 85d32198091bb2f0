/**
 * What the page knows of a kind of edit beyond its chip (chips/): its fields, as links carry them and as people fill them
 * in, and the same edit as a program. Fetched with the first editor, link or program.
 */
import type { GenericSchema } from "valibot";
import type { ModelInfo, TokenInfo } from "../../../protocol/api";
import type {
  Edit,
  EditKind,
  EditSite,
  NamedTokens,
  NewEdit,
  PromptSet,
} from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { RecipeModel } from "../../codeExport/recipe";
import type { FitModel } from "../chips/chip";

/** What stands in the fields that several kinds have: it stays when the kind changes. Lists are as typed; nothing means all. */
export interface SharedDraft {
  kind: EditKind;
  site: EditSite;
  layers: string;
  heads: string;
  dims: string;
  /** "", "from 5" or a list. */
  positions: string;
  strength: number;
  set: PromptSet | undefined;
  /** "3 <- 0..2; 5.. <- self", or a matrix. */
  pairs: string;
  /** Texts whose tokens are known: they are not read again, for they may not come from reading. */
  known: readonly NamedTokens[];
}

/** What a draft is read with. */
export interface DraftReader {
  readonly model: FitModel & Pick<ModelInfo, "nCtx">;
  /** Tokens of the prompt on screen. */
  readonly nTokens: number;
  /** SHA-256 of the attached autoencoders. */
  readonly attached: ReadonlySet<string>;
  /** A prompt, with BOS as the visitor has it. */
  prompt(text: string): Promise<readonly TokenInfo[]>;
  /** A text without BOS. */
  piece(text: string): Promise<readonly TokenInfo[]>;
}

/** Thrown by fields, caught by `readDraft`: what is wrong, for the visitor. */
export class Wrong extends Error {}

/** One field of an edit. `T`: its value; `D`: what of a draft it stands in. */
export interface Field<T, D> {
  /** What a link may say. */
  readonly schema: GenericSchema<unknown, T>;
  /** As it stands in a draft. `isForeign`: its tokens are of another tokenizer. */
  write(value: T, isForeign: boolean): Partial<D>;
  /** Undefined: absent, which means all. Throws Wrong. */
  read(draft: D, reader: DraftReader): T | Promise<T>;
}

/** What an edit of a kind says: its fields in the order in which links carry them. */
export type Said<K extends EditKind> = Omit<NewEdit<K>, "kind">;

/** Names of the draft's fields that hold a `V`. */
type KeysOf<D, V> = { [K in keyof D]-?: D[K] extends V ? K : never }[keyof D] & string;

type Choice<D, K extends KeysOf<D, string>> = {
  readonly type: "choice";
  readonly key: K;
  readonly label: string;
  /** Each value, and the words that it stands in the list with. */
  readonly options: Readonly<Record<D[K] & string, string>>;
  /** Values that this model has no use for are left out. */
  offers?(value: string, model: Pick<ModelInfo, "sites">): boolean;
};

/** A part of the editor's form; parts stand in the order in which they are filled in. */
export type Control<D> =
  /** Site, layers, heads, dimensions and positions; or layers and heads alone; or a set of prompts. */
  | { readonly type: "place" | "layers" | "heads" | "set" }
  | {
      readonly type: "positions";
      readonly key: KeysOf<D, string>;
      readonly label: string;
      /** The word for all of them. */
      readonly all?: string;
    }
  | {
      readonly type: "number";
      readonly key: KeysOf<D, number>;
      readonly label: string;
      readonly step?: number;
    }
  | { readonly type: "prompt"; readonly key: KeysOf<D, string>; readonly label: string }
  /** `matrix`: what else a matrix from a file sets; absent: rules only. */
  | { readonly type: "pairs"; readonly matrix?: Partial<D> }
  | { [K in KeysOf<D, string>]: Choice<D, K> }[KeysOf<D, string>];

/** Where the visitor is when an editor opens. */
export interface PointedAt {
  readonly layer: number;
  readonly head: number;
  readonly position: number;
}

/** What a program knows of an edit's place in it. */
export interface ProgramPlace {
  /** Tells the variables of edits apart. */
  readonly n: number;
  /** The variable with the names of its sites. */
  readonly sites: string;
  /** The prompt with replaced tokens. */
  readonly tokens: readonly number[];
}

/** Lines that run once, and the body of the edit's function of (x, site): Python, the same for every library. */
export interface EditProgram {
  readonly once?: string;
  readonly body: readonly string[];
}

/** `Own`: its fields in a draft besides the shared ones. */
export interface EditDetails<K extends EditKind, Own extends object = object> {
  readonly kind: K;
  /** In a list of kinds. */
  readonly name: string;
  /** What it does to an activation x. */
  readonly sentence: string;
  readonly fields: { readonly [F in keyof Said<K>]-?: Field<Said<K>[F], SharedDraft & Own> };
  /** What stands in its own fields at first. */
  first(at: PointedAt): Own;
  /** Absent: the editor has a form for this kind (ui/shell/editor). */
  readonly form?: readonly Control<SharedDraft & Own>[];
  /** The sites that it touches, in our spelling. */
  sites(edit: Edit<K>, model: Pick<RecipeModel, "nLayers" | "sites">): Site[];
  /** Absent: the prompt itself changes. */
  program?(edit: Edit<K>, place: ProgramPlace): EditProgram;
}
