// For many rows, bound by arithmetic: a workgroup computes 64 x 64 outputs, 4 x 4 an invocation; x and w pass through
// workgroup memory in steps of 16 (8 KiB).
const tileRows = 64u;
const tileCols = 64u;
const tileInner = 16u;
// Outputs of one invocation.
const ownRows = 4u;
const ownCols = 4u;
