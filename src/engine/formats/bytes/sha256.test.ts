/** SHA-256 against Node's own, for every length around a block and for pieces of every size. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashFiles, Sha256 } from "./sha256";
import { fileFromBytes } from "./source";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 131 + (i >> 8)) & 255);
const expected = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

describe("Sha256", () => {
  it("agrees for every length up to three blocks", () => {
    for (let length = 0; length <= 192; length++) {
      expect(new Sha256().update(bytes(length)).digest()).toBe(expected(bytes(length)));
    }
  });

  it("does not depend on how the bytes are cut", () => {
    const data = bytes(5_000);
    for (const step of [1, 7, 63, 64, 65, 1000]) {
      const hash = new Sha256();
      for (let at = 0; at < data.length; at += step) hash.update(data.subarray(at, at + step));
      expect(hash.digest()).toBe(expected(data));
    }
  });
});

describe("hashFiles", () => {
  it("hashes one file, and several in order of name", async () => {
    const [a, b] = [bytes(100), bytes(333)];
    expect(await hashFiles([fileFromBytes("a", a)])).toBe(expected(a));
    const both = expected(Uint8Array.of(...a, ...b));
    expect(await hashFiles([fileFromBytes("b", b), fileFromBytes("a", a)])).toBe(both);
  });

  it("hashes files in slices", async () => {
    const large = bytes(9 * 2 ** 20);
    expect(await hashFiles([fileFromBytes("a", bytes(1)), fileFromBytes("b", large)])).toBe(
      createHash("sha256").update(bytes(1)).update(large).digest("hex"),
    );
  });

  it("refuses a file that ends early", async () => {
    const cut = { ...fileFromBytes("cut", bytes(10)), size: 20 };
    await expect(hashFiles([cut])).rejects.toThrow(/cut ends early/);
  });
});
