/** Units as the page writes them, and how far their axes reach at least. */
import { expect, it } from "vitest";
import { leastScale } from "./fullScale";

it("knows a unit wherever it stands", () => {
  const nats = ["nats", "change, nats", "φ of log p, nats", "log p, nats", "KL, nats", "ln KL, nats"];
  for (const unit of nats) expect(leastScale(unit)).toBe(0.1);
  for (const unit of ["logits", "direct, logits", "logits per unit"]) expect(leastScale(unit)).toBe(0.1);
  const shares = [
    "probability",
    "change of probability",
    "share of right answers",
    "change of attention weight",
  ];
  for (const unit of [...shares, "weight", "attention", "cosine", "Spearman’s ρ"])
    expect(leastScale(unit)).toBe(0.05);
  expect(leastScale("kurtosis")).toBe(1);
});

it("sets none where any size may matter", () => {
  for (const unit of ["activation", "value", "Euclidean norm", "product", ""])
    expect(leastScale(unit)).toBe(0);
});
