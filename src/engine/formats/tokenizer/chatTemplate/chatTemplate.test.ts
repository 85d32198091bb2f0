/** Every case equals what Python's jinja2 renders (fixtures/make.py); what jinja2 refuses, and what is not supported, raises. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderChatTemplate } from "./chatTemplate";

interface Case {
  readonly name: string;
  readonly template: string;
  readonly talk: number;
  readonly generates: boolean;
  readonly text?: string;
  readonly error?: string;
}

const { given, talks, constructs, families } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/cases.json"), "utf8"),
) as {
  readonly given: Record<string, unknown>;
  readonly talks: readonly unknown[];
  readonly constructs: readonly Case[];
  readonly families: readonly Case[];
};
const NOW = new Date(2024, 6, 6, 15, 4, 9);

const rendered = ({ template, talk, generates }: Case) =>
  renderChatTemplate(template, { ...given, messages: talks[talk], add_generation_prompt: generates }, NOW);

/** Constructs that jinja2 renders and that are refused here, by name: none of them may give a text. */
const REFUSED: readonly (readonly [RegExp, RegExp])[] = [
  [/\(1,\)/, /CloseParen/],
  [/%j/, /%j/],
  [/7 \/ 2/, /operator \//],
  [/\|e }}/, /filter "e"/],
  [/a\\\/b/, /escaped character/],
  [/^{{ d.items }}$/, /a function is written out/],
  [/1 < 2 < 3|1 == 1 == 1/, /in a chain/],
  [/title\(\)/, /\.title/],
  [/raw %}/, /raw/],
  [/recursive/, /CloseStatement/],
  [/1\.5/, /FloatLiteral/],
  [/%s/, /a text % a text/],
  [/{%\+/, /UnaryOperator/],
  [/{{ namespace/, /namespace is written/],
  [/format\(3/, /filter "format"/],
  [/divisibleby/, /CloseExpression/],
  [/is in \[/, /CloseExpression/],
  [/'x'\.format/, /\.format/],
  [/index\(1\)/, /\.index/],
  [/partition/, /\.partition/],
  [/\n {2}{- c/, /begins with {-/],
  [/batch/, /filter "batch"/],
];

const refusalOf = ({ template }: Case) => REFUSED.find(([pattern]) => pattern.test(template))?.[1];

describe("constructs", () => {
  const good = constructs.filter((one) => one.text !== undefined && refusalOf(one) === undefined);
  it.each(good.map((one) => [one.name, one] as const))("%s", (_, one) => {
    expect(rendered(one)).toBe(one.text);
  });

  const bad = constructs.filter(({ error }) => error !== undefined);
  it.each(bad.map((one) => [one.name, one] as const))("raises: %s", (_, one) => {
    expect(() => rendered(one)).toThrow();
  });

  it.each(REFUSED)("refuses %s", (pattern, message) => {
    const found = constructs.filter(({ template }) => pattern.test(template));
    expect(found).not.toHaveLength(0);
    for (const one of found) expect(() => rendered(one)).toThrow(message);
  });
});

describe("families", () => {
  it.each(families.map((one) => [one.name, one] as const))("%s", (_, one) => {
    if (one.error === undefined) expect(rendered(one)).toBe(one.text);
    else expect(() => rendered(one)).toThrow(one.error.replace(/^TemplateError: /, ""));
  });

  it("writes months in English", () => {
    expect(renderChatTemplate("{{ strftime_now('%d %b %Y') }}", {}, NOW)).toBe("06 Jul 2024");
  });
});
