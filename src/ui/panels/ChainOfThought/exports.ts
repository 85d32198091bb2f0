/** The panel's numbers as CSV, JSON and a figure for paper: light colours, its caption below. */
import type { ChainGameResult } from "../../../protocol/chain";
import { highEnd, lowEnd, signedBar, signedEnd } from "../../charts/signedScale";
import { formatSigned } from "../../../client/format";
import type { EffectNumbers } from "../../../client/chain/effect";
import type { Session } from "../../state/session.svelte";
import { captionOf, resultRows, stepDomain, unitOf } from "./view";

const quoted = (value: string | number | boolean) => `"${String(value).replaceAll('"', '""')}"`;

/** Matrices as lists. */
function listed({ interactions, matrix }: ChainGameResult): object {
  return {
    ...(interactions && { interactions: [...interactions] }),
    ...(matrix && {
      matrix: {
        tokens: matrix.tokens,
        phi: [...matrix.phi],
        standardError: [...matrix.standardError],
        residual: [...matrix.residual],
      },
    }),
  };
}

/** One row a step; the caption is a comment line above. */
export function toCsv(session: Session): string {
  const header = [
    "step",
    "text",
    "present",
    "phi",
    "low",
    "high",
    "loo",
    "early_log_prob",
    "phi_unedited",
    "loo_unedited",
  ];
  const rows = resultRows(session.chain).map((row) =>
    [
      ...[row.step, quoted(row.text), row.present, row.phi, row.low, row.high, row.loo, row.earlyLogProb],
      ...[row.phiUnedited, row.looUnedited],
    ].join(","),
  );
  return [`# ${captionOf(session)}`, header.join(","), ...rows, ""].join("\n");
}

const numbers = ({ now, baseline, early, loo }: EffectNumbers) => ({
  ...{ now: now.logProb, baseline: baseline.logProb, early, loo },
});

export function toJson({ model, device, chain, seed, edits }: Session): string {
  const { game, effect, mode, fillerText, settings } = chain;
  return JSON.stringify(
    {
      model: model && { name: model.name, sha256: model.sha256, precision: model.precision },
      device: device && { kind: device.kind, label: device.label },
      ...{ seed, mode, fillerText, settings },
      chain: chain.text,
      present: chain.present,
      // Every number is under these; those without stand beside.
      edits: edits.active,
      logProb: effect && {
        ...numbers(effect),
        ...(effect.unedited && { unedited: numbers(effect.unedited) }),
      },
      // A typed array would be an object of its indexes.
      game: game.result && { ...game.result, players: game.played, ...listed(game.result) },
      ...(game.unedited && { uneditedGame: { ...game.unedited, ...listed(game.unedited) } }),
    },
    undefined,
    2,
  );
}

const WIDTH = 760;
const ROW = 26;
const TOP = 48;
const BARS = { left: 330, width: 250 } as const;
const CAPTION_CHARACTERS = 108;

const escaped = (text: string) => text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`);

function wrapped(text: string): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length > CAPTION_CHARACTERS) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

export function toSvg(session: Session): string {
  const rows = resultRows(session.chain);
  const domain = stepDomain(rows, unitOf(session.chain));
  const { low, high } = domain;
  const caption = wrapped(captionOf(session));
  const height = TOP + rows.length * ROW + 28 + caption.length * 15;
  const text = (x: number, y: number, content: string, extra = "") =>
    `<text x="${x}" y="${y}" ${extra}>${escaped(content)}</text>`;
  const bars = rows.map((row, i) => {
    const y = TOP + i * ROW;
    const { zero, left, width } = signedBar(row.phi, low, high);
    const at = (percent: number) => BARS.left + (percent / 100) * BARS.width;
    const clipped = row.text.length > 36 ? `${row.text.slice(0, 35)}…` : row.text;
    return [
      text(12, y + 17, `${row.step}`, 'fill="#59626d"'),
      text(34, y + 17, clipped, 'font-family="monospace"'),
      `<rect x="${at(left)}" y="${y + 6}" width="${Math.max(0.5, (width / 100) * BARS.width)}" height="14" fill="${row.phi < 0 ? "#2a6cab" : "#b85a00"}"/>`,
      `<line x1="${at(zero)}" x2="${at(zero)}" y1="${y}" y2="${y + ROW}" stroke="#59626d"/>`,
      ...(row.high > row.low
        ? [
            `<path d="M${at(signedEnd(row.low, low, high))} ${y + 13}H${at(signedEnd(row.high, low, high))}" stroke="#1b1f24"/>`,
          ]
        : []),
      text(668, y + 17, formatSigned(row.phi), 'text-anchor="end"'),
      text(748, y + 17, formatSigned(row.loo), 'text-anchor="end" fill="#59626d"'),
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" fill="#1b1f24">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(12, 20, "What each step is worth to the answer", 'font-weight="600"'),
    text(BARS.left, 40, formatSigned(lowEnd(domain), 1), 'font-size="11" fill="#59626d"'),
    text(
      BARS.left + BARS.width / 2,
      40,
      `Shapley value, ${unitOf(session.chain)}`,
      'font-size="11" text-anchor="middle" fill="#59626d"',
    ),
    text(
      BARS.left + BARS.width,
      40,
      formatSigned(highEnd(domain), 1),
      'font-size="11" text-anchor="end" fill="#59626d"',
    ),
    text(668, 40, "φ", 'text-anchor="end"'),
    text(748, 40, "LOO", 'text-anchor="end" fill="#59626d"'),
    ...bars,
    ...caption.map((line, i) =>
      text(12, TOP + rows.length * ROW + 26 + i * 15, line, 'font-size="11" fill="#59626d"'),
    ),
    "</svg>",
  ].join("\n");
}
