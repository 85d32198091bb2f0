/** The zip reader: what others pack comes back, and no archive makes it read or allocate what is not there. */
import { describe, expect, it } from "vitest";
import { fileFromBytes } from "./source";
import { locateZipEntry, readZipDirectory, readZipEntry } from "./zip";
import { sampleZip, type SampleEntry } from "./zip.samples";

const text = (content: string) => new TextEncoder().encode(content);
const A = { name: "x/a", content: text("first") };
const B = { name: "x/b", content: text("the second, the second, the second"), deflate: true };
const LIMIT = 1000;

const fileOf = (...args: Parameters<typeof sampleZip>) => fileFromBytes("m.zip", sampleZip(...args));

async function read(file: ReturnType<typeof fileOf>, name: string): Promise<string> {
  const entry = (await readZipDirectory(file)).get(name)!;
  return new TextDecoder().decode(await readZipEntry(file, entry, LIMIT));
}

describe("readZipDirectory", () => {
  it.each([
    ["32-bit", {}],
    ["64-bit", { zip64: true }],
    ["commented", { comment: "PK\u0005\u0006 is how the end begins" }],
  ])("reads %s archives, stored and deflated", async (_, options) => {
    const file = fileOf([A, B], options);
    expect(await read(file, "x/a")).toBe("first");
    expect(await read(file, "x/b")).toBe("the second, the second, the second");
  });

  it("says where a stored entry lies", async () => {
    const file = fileOf([A, B]);
    const { start, end } = await locateZipEntry(file, (await readZipDirectory(file)).get("x/a")!);
    expect(new TextDecoder().decode(await file.slice(start, end))).toBe("first");
  });

  it.each<[string, ReturnType<typeof fileOf>, RegExp]>([
    ["no archive", fileFromBytes("m.zip", new Uint8Array(99)), /m\.zip: the zip directory.*missing/],
    ["an empty file", fileFromBytes("m.zip", new Uint8Array(0)), /missing/],
    ["one cut short", fileFromBytes("m.zip", sampleZip([A, B]).slice(0, -1)), /truncated/],
    ["more entries than there are", fileOf([A], { count: 2 }), /entry 1 is damaged/],
    ["absurdly many entries", fileOf([A], { count: 2 ** 40, zip64: true }), /1099511627776 entries/],
    ["a directory behind the end", fileOf([A], { directoryStart: 9999 }), /claims bytes 9999/],
    ["a directory elsewhere", fileOf([A], { directoryStart: 1 }), /entry 0 is damaged/],
    ["a name that stands twice", fileOf([A, A]), /"x\/a" stands twice/],
    ["entries in one place", fileOf([A, { ...B, claims: { start: 0 } }]), /overlaps/],
    ["an entry that reaches into the next", fileOf([{ ...A, claims: { packedBytes: 99 } }, B]), /overlaps/],
    ["an entry behind the directory", fileOf([{ ...A, claims: { start: 9999 } }]), /overlaps/],
    [
      "a size beyond 2 ** 53",
      fileOf([{ ...A, claims: { packedBytes: 2 ** 60 } }], { zip64: true }),
      /overlaps/,
    ],
    ["an encrypted entry", fileOf([{ ...A, claims: { flags: 1 } }]), /"x\/a" is encrypted/],
  ])("refuses %s", async (_, file, message) => {
    await expect(readZipDirectory(file)).rejects.toThrow(message);
  });

  it.each<[string, SampleEntry, RegExp]>([
    [
      "one that is too large",
      { name: "e", content: new Uint8Array(LIMIT + 1) },
      /1001 bytes, more than 1000/,
    ],
    [
      "a bomb that admits it",
      { name: "e", content: new Uint8Array(9e6), deflate: true },
      /9000000 bytes, more than 1000/,
    ],
    [
      "a bomb that does not",
      { name: "e", content: new Uint8Array(9e5), deflate: true, claims: { bytes: 10 } },
      /inflates to more than the 10 bytes/,
    ],
    [
      "one that is shorter than it says",
      { ...B, name: "e", claims: { bytes: 35 } },
      /to 34 bytes, expected 35/,
    ],
    [
      "what cannot be inflated",
      { name: "e", content: text("\u0007ab"), claims: { method: 8 } },
      /cannot be inf/,
    ],
    ["a method that nobody here knows", { ...A, name: "e", claims: { method: 93 } }, /\(method 93\)/],
    ["a stored entry of two sizes", { ...A, name: "e", claims: { bytes: 4 } }, /has 5 bytes of 4/],
    [
      "a header that is none",
      { ...A, name: "e", claims: { start: 1, packedBytes: 0 } },
      /no header at byte 1/,
    ],
  ])("refuses to unpack %s", async (_, entry, message) => {
    const reading = read(fileOf([entry]), "e");
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ name: "BadFile" });
  });

  it("refuses an entry whose own header is longer than the directory leaves room for", async () => {
    const bytes = sampleZip([A, B]);
    // The length of the first entry's extra field.
    bytes[28] = 200;
    await expect(read(fileFromBytes("m.zip", bytes), "x/a")).rejects.toThrow(/where the next one begins/);
  });
});
