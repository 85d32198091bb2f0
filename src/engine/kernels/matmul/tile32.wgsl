// For 5 to 32 rows: a workgroup takes all of them, so that w is read once. It computes 32 output features, four rows of
// one feature an invocation; x and w pass through workgroup memory in steps of 32.
const tileRows = 32u;
const tileCols = 32u;
const tileInner = 32u;
// Outputs of one invocation.
const ownRows = 4u;
const ownCols = 1u;
