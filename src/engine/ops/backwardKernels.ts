/** The kernels of the way back, as one chunk of code: fetched with the first gradient (backward.ts). */
export * from "../kernels/activationBackward/activationBackward";
export * from "../kernels/attentionKeysBackward/attentionKeysBackward";
export * from "../kernels/attentionPatternBackward/attentionPatternBackward";
export * from "../kernels/editRowsBackward/editRowsBackward";
export * from "../kernels/gatherBackward/gatherBackward";
export * from "../kernels/linearBackward/linearBackward";
export * from "../kernels/linearBackwardFew/linearBackwardFew";
export * from "../kernels/linearWeightsBackward/linearWeightsBackward";
export * from "../kernels/normBackward/normBackward";
export * from "../kernels/normScaleBackward/normScaleBackward";
export * from "../kernels/placeColumns/placeColumns";
export * from "../kernels/rotaryBackward/rotaryBackward";
export * from "../kernels/scoreTargetsBackward/scoreTargetsBackward";
export * from "../kernels/sumSlices/sumSlices";
