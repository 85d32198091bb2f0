/** Where a gradient between two prompts is taken, as a choice. */
import type { GradientPoint } from "../../protocol/gradients/attributions";
import type { Complaint } from "./complaint";

export const GRADIENT_PLACES = [
  ["prompt", "in this prompt"],
  ["donor", "in the prompt that values come from"],
  ["path", "along the path between the two"],
] as const;

/** KL has none there. */
export function gradientInPrompt(metric: string): GradientPoint | Complaint {
  return metric === "kl"
    ? {
        complaint:
          "KL is smallest without the change, so its gradient in this prompt is 0: take the gradient elsewhere, or another metric.",
      }
    : { kind: "prompt" };
}

/** Between two prompts. */
export function gradientPoint(chosen: "donor" | "path", steps: number): GradientPoint | Complaint {
  if (chosen === "donor") return { kind: "donor" };
  return Number.isInteger(steps) && steps >= 1
    ? { kind: "path", steps }
    : { complaint: "Take a whole number of steps along the path, from 1 on." };
}
