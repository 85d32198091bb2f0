/**
 * The plain fields at the top of a YAML file: `name: value`, one a line. Lists, nested maps and texts over several lines
 * are passed over: nothing that is asked of such a config stands in one.
 */
import { VitrineError } from "../../../../protocol/errors";
import type { Json } from "../../bytes/json";
import type { ByteFile } from "../../bytes/source";

const MAX_BYTES = 1_000_000;
const MAX_FIELDS = 1000;

export async function readYamlFields(file: ByteFile): Promise<Json> {
  if (file.size > MAX_BYTES)
    throw new VitrineError(
      "BadFile",
      `${file.name}: ${file.size} bytes are more than ${MAX_BYTES} for a config; choose the right file.`,
    );
  const text = new TextDecoder().decode(await file.slice(0, file.size));
  const fields = new Map<string, string | number | boolean | null>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^([A-Za-z_]\w{0,99})\s*:(?:\s+(.*))?$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (fields.has(name))
      throw new VitrineError("BadFile", `${file.name}: ${name} stands there twice; keep the right one.`);
    const plain = plainOf(value.trim());
    if (plain !== undefined) fields.set(name, plain);
    if (fields.size > MAX_FIELDS)
      throw new VitrineError(
        "BadFile",
        `${file.name}: more than ${MAX_FIELDS} fields; choose the right file.`,
      );
  }
  return Object.fromEntries(fields);
}

function plainOf(value: string): string | number | boolean | null | undefined {
  const quoted = /^"([^"\\]*)"\s*(?:#.*)?$|^'([^']*)'\s*(?:#.*)?$/.exec(value);
  if (quoted) return quoted[1] ?? quoted[2] ?? "";
  const bare = value.replace(/(^|\s)#.*$/, "").trim();
  // Lists, maps, blocks, anchors: not plain.
  if (bare === "" || /^[[{|>&*!"']/.test(bare)) return undefined;
  if (/^(null|~)$/i.test(bare)) return null;
  if (/^(true|false)$/i.test(bare)) return bare.toLowerCase() === "true";
  return /^[-+]?\d{1,15}(\.\d{1,15})?$/.test(bare) ? Number(bare) : bare;
}
