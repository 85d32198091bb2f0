/** Partial results come now and then, and are not made up for nobody. */
import { expect, it, vi } from "vitest";
import { showNowAndThen } from "./progress";

it("shows what there is when enough time has gone by, and makes nothing else", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1000);
  const [shown, partial] = [vi.fn(), vi.fn(() => "so far")];
  const showMore = showNowAndThen(shown, partial, 100);
  const showNothing = showNowAndThen(undefined, partial, 100);
  for (const at of [1099, 1100, 1150, 1200]) {
    now.mockReturnValue(at);
    showMore();
    showNothing();
  }
  expect(shown.mock.calls).toEqual([["so far"], ["so far"]]);
  expect(partial).toHaveBeenCalledTimes(2);
});
