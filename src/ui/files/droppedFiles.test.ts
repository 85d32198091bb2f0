import { expect, it } from "vitest";
import { droppedFiles } from "./droppedFiles";

const fileEntry = (name: string, fullPath = `/${name}`) =>
  ({
    isFile: true,
    isDirectory: false,
    name,
    fullPath,
    file: (done: (file: File) => void) => done(new File([], name)),
  }) as unknown as FileSystemEntry;

/** Gives its entries one at a time, as browsers give them in batches. */
function folderEntry(name: string, entries: FileSystemEntry[]) {
  const createReader = () => {
    const left = [...entries];
    return { readEntries: (done: (batch: FileSystemEntry[]) => void) => done(left.splice(0, 1)) };
  };
  return { isFile: false, isDirectory: true, name, createReader } as unknown as FileSystemEntry;
}

const drop = (entries: (FileSystemEntry | null)[], files: File[] = []) =>
  ({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files }) as unknown as DataTransfer;

it("reads every batch of a folder, and names it", async () => {
  const { files, folder } = await droppedFiles(
    drop([
      folderEntry("gpt2", [
        fileEntry("config.json"),
        folderEntry("onnx", [fileEntry("deep")]),
        fileEntry("model.safetensors"),
      ]),
    ]),
  );
  expect(folder).toBe("gpt2");
  expect(files.map(({ name }) => name)).toEqual(["config.json", "model.safetensors"]);
});

it("looks one folder deeper where no model can be among the files, and keeps the paths", async () => {
  const model = (name: string) =>
    folderEntry(name, [
      fileEntry("config.json", `/top/${name}/config.json`),
      folderEntry("sae", [fileEntry("x.json")]),
    ]);
  const { files } = await droppedFiles(
    drop([folderEntry("top", [fileEntry("notes.md", "/top/notes.md"), model("a"), model("b")])]),
  );
  expect(files.map(({ webkitRelativePath }) => webkitRelativePath)).toEqual([
    "top/notes.md",
    "top/a/config.json",
    "top/b/config.json",
  ]);
});

it("takes single files, with or without entries", async () => {
  expect((await droppedFiles(drop([fileEntry("a"), fileEntry("b")]))).files).toHaveLength(2);
  expect(await droppedFiles(drop([null], [new File([], "a")]))).toMatchObject({ files: [{ name: "a" }] });
});
