/** Which step of the chain each token of the strip belongs to, by the text that each adds. */

/** Characters that each part takes, in order: prompt, steps, the rest. */
export interface ChainLengths {
  readonly prompt: number;
  readonly steps: readonly number[];
}

/**
 * For each token the index of its step, -1 before the first step, n after the last. A token belongs to the part
 * that its first character is in; special tokens add no text of their own.
 */
export function stepOfTokens(
  tokens: readonly { text: string; special: boolean }[],
  lengths: ChainLengths,
): number[] {
  let at = 0;
  return tokens.map(({ text, special }) => {
    // A word's leading space counts to the word: look at where the word itself is.
    const lead = /^\s*/.exec(text)?.[0].length ?? 0;
    const position = at + Math.min(lead, Math.max(0, text.length - 1));
    if (!special) at += text.length;
    if (special || position < lengths.prompt) return -1;
    let end = lengths.prompt;
    for (const [index, length] of lengths.steps.entries()) {
      end += length;
      if (position < end) return index;
    }
    return lengths.steps.length;
  });
}
