/** Where bytes come from: dropped files, a folder, a URL whose host may answer a missing file with a page. */
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fileNamed, filesFromBlobs, filesFromUrl } from "./source";
import { filesFromFolder } from "./sourceNode";

afterEach(() => vi.unstubAllGlobals());

describe("filesFromBlobs", () => {
  it("slices dropped files", async () => {
    const [file] = await filesFromBlobs([new File(["hello"], "a.txt")]);
    expect(file).toMatchObject({ name: "a.txt", size: 5 });
    expect(new TextDecoder().decode(await file!.slice(1, 3))).toBe("el");
  });
});

describe("filesFromFolder", () => {
  it("lists files only, and slices them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vitrine-"));
    await writeFile(join(folder, "a.bin"), Uint8Array.of(1, 2, 3));
    await mkdir(join(folder, "sub"));
    const files = await filesFromFolder(folder);
    expect(files.map(({ name, size }) => ({ name, size }))).toEqual([{ name: "a.bin", size: 3 }]);
    expect([...(await files[0]!.slice(1, 9))]).toEqual([2, 3]);
    await rm(folder, { recursive: true });
    await expect(filesFromFolder(folder)).rejects.toMatchObject({ name: "BadFile" });
  });
});

describe("filesFromUrl", () => {
  const answers: Record<string, () => Response> = {
    "config.json": () => new Response("{}", { headers: { "content-length": "2" } }),
    "page.json": () => new Response("<p>", { headers: { "content-type": "text/html; charset=utf-8" } }),
    "hidden-page.json": () => new Response("\n<!DOCTYPE html><p>"),
    "missing.json": () => new Response("", { status: 404 }),
    "broken.json": () => new Response("", { status: 503 }),
  };
  const open = (names: string[], onProgress?: Parameters<typeof filesFromUrl>[2]) => {
    vi.stubGlobal("fetch", async (url: URL) => {
      const answer = answers[url.pathname.slice("/m/".length)];
      if (!answer) throw new TypeError("network");
      return answer();
    });
    return filesFromUrl(new URL("https://example.test/m/"), names, onProgress);
  };

  it("leaves out what is not there, whatever the host answers", async () => {
    const onProgress = vi.fn();
    const files = await open(["config.json", "page.json", "hidden-page.json", "missing.json"], onProgress);
    expect(files.map(({ name }) => name)).toEqual(["config.json"]);
    expect(onProgress).toHaveBeenCalledWith({ done: 2, total: 2, note: "fetching config.json" });
  });

  it("says when a file cannot be fetched", async () => {
    await expect(open(["broken.json"])).rejects.toThrow(/broken\.json could not be fetched \(status 503\)/);
    await expect(open(["offline.json"])).rejects.toMatchObject({ name: "BadFile" });
  });
});

describe("fileNamed", () => {
  it("takes the file nearest to the top and refuses two at the same height", () => {
    const file = (name: string) => ({ name, size: 0, slice: async () => new Uint8Array() });
    expect(fileNamed([file("m/sae/cfg.json"), file("m/cfg.json")], "cfg.json")?.name).toBe("m/cfg.json");
    expect(fileNamed([file("m/xcfg.json")], "cfg.json")).toBeUndefined();
    expect(() => fileNamed([file("a/cfg.json"), file("b/cfg.json")], "cfg.json")).toThrow(/more than once/);
  });
});
