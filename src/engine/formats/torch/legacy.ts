/** PyTorch's format before 1.6: a bare pickle, which is refused with what to do. */
import { VitrineError } from "../../../protocol/errors";
import type { ByteFile } from "../bytes/source";

const PROTO = 0x80;
const LEGACY_MAGIC = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

export function isLegacy(head: Uint8Array, isUsual: boolean): boolean {
  if (LEGACY_MAGIC.every((byte, i) => head[i] === byte)) return true;
  const [first, protocol = 0] = head;
  return isUsual && first === PROTO && protocol >= 2 && protocol <= 5;
}

/** Also asked of autoencoders' files. */
export async function refuseLegacy(file: ByteFile): Promise<void> {
  if (!isLegacy(await file.slice(0, LEGACY_MAGIC.length), true)) return;
  throw new VitrineError(
    "Unsupported",
    `${file.name} is a bare pickle, PyTorch's format before 1.6: load it and torch.save it again with a newer PyTorch.`,
  );
}
