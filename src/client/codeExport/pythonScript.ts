/**
 * What every program has around its own part: the header of PEP 723, which `uv run` and `pipx run` read to fetch the
 * exact packages; which weights it is about; and the comparison with the page's numbers, which ends it.
 */
import type { Precision } from "../../protocol/api";
import { pyComment, pyFloat, pyString } from "./pythonText";
import type { Dialect, ExpectedNumbers, RecipeModel } from "./recipe";

/** How far numbers may be apart, nats: weights of the page may be rounded, and sums are taken in another order. */
const TOLERANCE: Readonly<Record<Precision, number>> = { f32: 0.001, f16: 0.02, q8: 0.2 };

export function scriptHeader({ title, python, dependencies }: Dialect): string {
  return `
# /// script
# requires-python = ${pyString(python)}
# dependencies = [
${dependencies.map((one) => `#     ${pyString(one)},`).join("\n")}
# ]
# ///
# A Vitrine recipe for ${title}. Run it with: uv run FILE.py
# It ends with a line that begins with PASS or FAIL: whether the numbers are those of the page.`;
}

/** MODEL, REVISION and SHA256: which weights these are. */
export function modelLines(model: RecipeModel, what: string): string {
  const { name, hub, sha256, architecture, precision } = model;
  const from = hub ? "" : `; put ${what} here`;
  return `${pyComment(`On the page: ${name} (${architecture}), weights held as ${precision}${from}.`)}
MODEL = ${pyString(hub?.id ?? name)}
REVISION = ${hub ? pyString(hub.revision) : "None"}  # a branch, tag or commit on the Hub
SHA256 = ${pyString(sha256)}  # of the weight files, in order of name`;
}

/** Runs after the model is loaded: tells other weights from other mathematics. */
export const WEIGHTS_CHECK = `
def weights_sha256():
    """Of MODEL's weight files in order of name, or None if they are not found on this computer."""
    folder = Path(MODEL)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download

        try:
            folder = Path(snapshot_download(MODEL, revision=REVISION, allow_patterns="*.safetensors", local_files_only=True))
        except Exception:
            return None
    for pattern in ("*.safetensors", "*.bin", "*.pth", "*.pt"):
        files = sorted(folder.glob(pattern))
        if files:
            digest = hashlib.sha256()
            for file in files:
                with open(file, "rb") as stream:
                    while chunk := stream.read(1 << 24):
                        digest.update(chunk)
            return digest.hexdigest()
    return None


found = weights_sha256()
if found is None:
    print("The weight files were not found: whether they are those of the page is unknown.")
elif found != SHA256:
    print(f"These are other weights than those of the page (SHA-256 {found}): expect other numbers.")`;

/** `check`, `check_next` and what they fill. */
export function checkFunctions({ precision }: RecipeModel): string {
  return `
TOLERANCE = ${TOLERANCE[precision]}  # nats; the page held weights as ${precision}
compared = []


def check(name, here, page):
    """Keeps a number beside the page's for the last line."""
    compared.append((abs(here - page), f"{name}: {here:.6f} here, {page:.6f} on the page"))


def check_next(name, tokens, edits, position, page):
    """Log-probabilities of the next token after a position; \`page\` is {token: nats}."""
    here = run(tokens, edits)[position].log_softmax(-1)
    for token, value in page.items():
        check(f"{name}, log p of token {token} after position {position}", here[token].item(), value)`;
}

const pyNumbers = (numbers: ReadonlyMap<number, number>) =>
  `{${[...numbers].map(([token, value]) => `${token}: ${pyFloat(value)}`).join(", ")}}`;

/** Calls for the prompt whose variables stand just above. */
export function checkCalls(expected: ExpectedNumbers | undefined, prompt: number): string {
  return (expected?.next ?? [])
    .filter((next) => next.prompt === prompt)
    .flatMap(({ position, base, edited }) => [
      `check_next("prompt ${prompt} without edits", BASE_TOKENS, [], ${position}, ${pyNumbers(base)})`,
      ...(edited.size > 0
        ? [`check_next("prompt ${prompt} with edits", TOKENS, EDITS, ${position}, ${pyNumbers(edited)})`]
        : []),
    ])
    .join("\n");
}

export const VERDICT = `
wrong = [one for one in compared if not one[0] <= TOLERANCE]
if not compared:
    print("FAIL: the page gave no numbers to compare with.")
elif wrong:
    print(f"FAIL: {len(wrong)} of {len(compared)} numbers differ from the page by more than {TOLERANCE}. {wrong[0][1]}")
else:
    print(f"PASS: {len(compared)} numbers agree with the page, largest difference {max(one[0] for one in compared):.2g}")
sys.exit(1 if wrong or not compared else 0)`;
