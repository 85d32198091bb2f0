/** Reference of `attentionTapped`: what the references of `attentionScores`, `attentionPattern`, `attention` give. */
import { attentionReference } from "../attention/attention.ref";
import { attentionPatternReference } from "../attentionPattern/attentionPattern.ref";
import { attentionScoresReference } from "../attentionScores/attentionScores.ref";

type Views = Parameters<typeof attentionReference>[0] &
  Parameters<typeof attentionScoresReference>[0] &
  Parameters<typeof attentionPatternReference>[0];
type Params = Parameters<typeof attentionScoresReference>[1];

export function attentionTappedReference(views: Views, params: Params): void {
  attentionScoresReference(views, params);
  attentionPatternReference(views, params);
  attentionReference(views, params);
}
