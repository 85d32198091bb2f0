/** One line that renews itself on a terminal; not a word elsewhere. */
import { expect, it } from "vitest";
import { ProgressLine } from "./nodeProgress";

function start(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY, columns, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
  const line = new ProgressLine(stream, () => now);
  return { line, written, wait: (ms: number) => (now += ms) };
}

it("renews one line, now and then, and takes it away", () => {
  const { line, written, wait } = start(true, 12);
  line.show("reading a");
  line.show("reading b");
  wait(100);
  line.show("reading c, which is long");
  line.end();
  line.end();
  expect(written).toEqual(["\r\u001b[Kreading a", "\r\u001b[Kreading c, ", "\r\u001b[K"]);
});

it("says nothing where nobody watches", () => {
  const { line, written } = start(false);
  line.show("reading a");
  line.end();
  expect(written).toEqual([]);
});
