/** Directions at the length that was asked for; files that do not fit the model. */
import { expect, it } from "vitest";
import type { LayerDirections, SteeringFile } from "../../protocol/steering";
import { directionsOf, fileDirections, misfitOf, shortNumbers } from "./directions";

const layers = [
  {
    ...{ layer: 2, norm: 5, meanDifference: Float32Array.of(3, 4), component: Float32Array.of(0, 1) },
  } as unknown as LayerDirections,
];
const FILE: SteeringFile = {
  ...{ name: "v.gguf", format: "gguf", site: "resid_post", metadata: {} },
  directions: [{ layer: 2, field: "direction.2", values: Float32Array.of(3, 4) }],
};

it("both methods are as long as the mean difference, or of length 1", () => {
  const all = (["meanDifference", "component"] as const).flatMap((method) =>
    (["meanDifference", "unit"] as const).map((length) => [
      ...directionsOf({ layers }, method, length)[0]!.values,
    ]),
  );
  expect(all.map((one) => one.map((x) => Number(x.toFixed(5))))).toEqual([[3, 4], [0.6, 0.8], [0, 5], [0, 1]]); // prettier-ignore
  const zero = [
    { ...layers[0]!, norm: 0, meanDifference: new Float32Array(2), component: new Float32Array(2) },
  ];
  expect([...directionsOf({ layers: zero }, "component", "unit")[0]!.values]).toEqual([0, 0]);
});

it("a file says its lengths, and why it does not fit", () => {
  expect(fileDirections(FILE)[0]).toMatchObject({ layer: 2, norm: 5 });
  expect(misfitOf(FILE, { name: "m", nLayers: 4, dModel: 2 })).toBeUndefined();
  expect(misfitOf(FILE, { name: "m", nLayers: 4, dModel: 3 })).toMatch(
    /^v\.gguf: direction\.2 has 2 numbers; the residual stream of m has 3\. Open the model/,
  );
  expect(misfitOf(FILE, { name: "m", nLayers: 2, dModel: 2 })).toMatch(/is of layer 2; m has layers 0 to 1/);
});

it("numbers for links are the same in float32", () => {
  const values = Float32Array.of(1 / 3, 1e-20, -123456.789, 0);
  expect(Float32Array.from(shortNumbers(values))).toEqual(values);
});
