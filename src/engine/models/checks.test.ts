/** Each check lets through what has a defined answer, and says of the rest what it is and what there is instead. */
import { expect, it } from "vitest";
import { isVitrineError } from "../../protocol/errors";
import type { ModelConfig } from "./architecture";
import {
  checkCount,
  checkIds,
  checkK,
  checkLatent,
  checkPositions,
  checkPrompt,
  checkSampling,
  checkTargets,
} from "./checks";

/** It reads 13 ids and predicts 5. */
const config = { dVocab: 13, dVocabOut: 5 } as ModelConfig;
const sampling = { temperature: 1, topP: 1 };

it.each([
  [() => checkPrompt([0])],
  [() => checkIds([0, 12], 13)],
  [() => checkTargets([0, 4], config)],
  [() => checkTargets([12], { ...config, dVocabOut: 13 })],
  [() => checkPositions([0, 7], 8)],
  [() => checkLatent(99, 100)],
  [() => checkK(1)],
  [() => checkCount("samples", 1)],
  [() => checkSampling({ temperature: 0, topP: 1 })],
])("lets through what is there: %s", (check) => {
  expect(check).not.toThrow();
});

it.each([
  [() => checkPrompt([]), /prompt is empty/],
  [() => checkIds([3, 13], 13), /token id 13 is not one of this model's ids, 0 to 12/],
  [() => checkIds([-1], 13), /token id -1/],
  [() => checkIds([0.5], 13), /token id 0.5/],
  [() => checkTargets([4, 5], config), /Token 5 was asked; this model predicts ids 0 to 4/],
  [() => checkPositions([0, 8], 8), /Position 8 was asked; the prompt has positions 0 to 7/],
  [() => checkPositions([NaN], 8), /Position NaN/],
  [() => checkLatent(100, 100), /Latent 100 was asked; this autoencoder has latents 0 to 99/],
  [() => checkK(0), /k is 0; ask for at least one token/],
  [() => checkK(1.5, "latent"), /k is 1.5; ask for at least one latent/],
  [() => checkCount("max tokens", 0), /max tokens is 0; give at least 1/],
  [() => checkSampling({ ...sampling, temperature: -1 }), /temperature is -1/],
  [() => checkSampling({ ...sampling, temperature: NaN }), /temperature is NaN/],
  [() => checkSampling({ ...sampling, topP: 0 }), /top-p is 0/],
])("refuses what is not, with what there is: %s", (check, message) => {
  expect(check).toThrow(message);
  try {
    check();
  } catch (error) {
    expect(isVitrineError(error, "Unsupported")).toBe(true);
  }
});
