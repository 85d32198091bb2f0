/** Parts of forms that several kinds have. */
export const STRENGTH = { type: "number", key: "strength", label: "strength", step: 0.05 } as const;
