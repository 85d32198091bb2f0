/**
 * The merges of a SentencePiece BPE model from its scores. SentencePiece (github.com/google/sentencepiece,
 * bpe_model.cc) has no list of merges: of all neighbours whose union is a piece it joins those with the highest
 * score. So every way to cut a piece into two pieces is a merge, ranked by the score of the whole.
 */

/** SentencePiece's own limit is 16 characters; only runs of one character are longer. */
const MAX_PIECE_CHARS = 64;
/** Of 260 k pieces there are half a million. */
const MAX_MERGES = 4_000_000;

interface Merge {
  readonly left: string;
  readonly right: string;
  readonly score: number;
}

/** `isNormal`: control, byte and unknown tokens take no part. "left right", best first. */
export function mergesOfScores(
  pieces: readonly string[],
  scores: readonly number[],
  isNormal: readonly boolean[],
): string[] {
  const normal = new Set(pieces.filter((_, id) => isNormal[id]));
  const merges: Merge[] = [];
  pieces.forEach((piece, id) => {
    if (!isNormal[id] || piece.length > MAX_PIECE_CHARS || merges.length > MAX_MERGES) return;
    for (let cut = 1; cut < piece.length; cut++) {
      const [left, right] = [piece.slice(0, cut), piece.slice(cut)];
      if (normal.has(left) && normal.has(right)) merges.push({ left, right, score: scores[id] ?? 0 });
    }
  });
  return merges.sort((a, b) => b.score - a.score).map(({ left, right }) => `${left} ${right}`);
}
