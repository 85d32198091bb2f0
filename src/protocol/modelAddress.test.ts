import { expect, it } from "vitest";
import { filesUrl, listingUrl, nameOfAddress, parseModelAddress, placeOfAddress } from "./modelAddress";

const repository = { kind: "repository", hubUrl: "https://huggingface.co", revision: "main", folder: "" };

it.each([
  ["openai-community/gpt2", { ...repository, id: "openai-community/gpt2" }],
  ["  EleutherAI/pythia-14m@step1000 ", { ...repository, id: "EleutherAI/pythia-14m", revision: "step1000" }],
  ["o/n@refs/pr/1", { ...repository, id: "o/n", revision: "refs/pr/1" }],
  ["https://huggingface.co/o/n", { ...repository, id: "o/n" }],
  ["huggingface.co/o/n/", { ...repository, id: "o/n" }],
  [
    "https://hf.co/o/n/tree/refs%2Fpr%2F1/a/b",
    { ...repository, id: "o/n", revision: "refs/pr/1", folder: "a/b/" },
  ],
  [
    "https://huggingface.co/o/n/blob/main/q/model-Q8_0.gguf?download=true",
    { kind: "file", url: "https://huggingface.co/o/n/resolve/main/q/model-Q8_0.gguf" },
  ],
  ["https://example.org/models/mine", { kind: "folder", url: "https://example.org/models/mine/" }],
  [
    "https://example.org/m/model.safetensors?key=1#x",
    { kind: "file", url: "https://example.org/m/model.safetensors?key=1" },
  ],
  ["http://localhost:8000/mine/", { kind: "folder", url: "http://localhost:8000/mine/" }],
])("reads %s", (text, address) => expect(parseModelAddress(text)).toEqual(address));

it.each([
  ["", "is no address"],
  ["gpt2", "type owner/name"],
  ["http://example.org/mine/", "http://example.org is not https"],
  ["ftp://localhost/mine/", "is not https"],
  ["https://me:secret@example.org/mine/", "take the user name out"],
  ["https://huggingface.co/datasets/o/n", "is not a model's page"],
  ["https://huggingface.co/o/n/discussions/1", "is not a model or a file of weights"],
  ["https://huggingface.co/%zz", "is not a model's page"],
  ["../up", "is no address"],
  ["javascript:alert(1)", "is not https"],
])("refuses %s", (text, sentence) => expect(() => parseModelAddress(text)).toThrow(sentence));

it("takes another address for the Hub", () => {
  const hubUrl = "http://localhost:4300";
  expect(parseModelAddress("o/n", hubUrl)).toMatchObject({ hubUrl, id: "o/n" });
  expect(parseModelAddress(`${hubUrl}/o/n`, hubUrl)).toMatchObject({ kind: "repository", hubUrl, id: "o/n" });
});

it("says where the files and their list are", () => {
  const address = parseModelAddress("https://huggingface.co/o/n/tree/refs%2Fpr%2F1/a%20b");
  if (address.kind !== "repository") throw new Error("not a repository");
  expect(filesUrl(address)).toBe("https://huggingface.co/o/n/resolve/refs%2Fpr%2F1/a%20b/");
  expect(listingUrl(address)).toBe("https://huggingface.co/api/models/o/n/tree/refs%2Fpr%2F1/a%20b");
  expect(placeOfAddress(address)).toBe("huggingface.co/o/n/a b at refs/pr/1");
  expect(nameOfAddress(address)).toBe("n");
  expect(nameOfAddress(parseModelAddress("https://example.org/x/y.gguf"))).toBe("y.gguf");
  expect(nameOfAddress(parseModelAddress("https://example.org/"))).toBe("example.org");
});
