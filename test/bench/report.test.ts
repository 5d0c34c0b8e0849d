import { expect, test } from "vitest";
import { growthChart } from "../../bench/growth.ts";
import { logScale } from "../../bench/chart.ts";
import { reportOf } from "../../bench/report.ts";
import { merged, type Measured } from "../../bench/results.ts";
import { targetsOf } from "../../bench/targets.ts";
import type { Run } from "../../bench/statistics.ts";

const run = (wall: number, cpu: number, megabytes: number): Run[] => [
  { wall, cpu, rss: megabytes * 1e6 },
];

function measured(overrides: Partial<Measured> = {}): Measured {
  return {
    id: "h5",
    group: "h5",
    title: "model.h5",
    bytes: 1.2e9,
    written: { split: 1.2e9, weights: 4e8 },
    tensors: 50,
    measuredOn: "2026-01-02",
    commands: {
      "cleave split": run(3, 1, 80),
      "cleave split --no-training": run(1, 0.5, 79),
      "h5py weights out": run(2, 0.5, 47),
      "cp && sync split": run(2, 0.3, 9),
      "cp && sync weights": run(0.4, 0.1, 9),
      Keras: run(9, 9, 4000),
    },
    ...overrides,
  };
}

const machine = {
  processor: "A processor",
  cores: 2,
  memory: 2 ** 34,
  system: "Linux 6",
  fileSystem: "ext4",
  node: "24",
  python: "3.11",
  keras: "3",
  jax: "0.10",
  h5py: "3",
  hdf5: "2",
};

test("a target that was missed on one model is not met, and says on which", () => {
  const slow = measured({ id: "keras", group: "keras", title: "model.keras" });
  const targets = targetsOf([
    measured(),
    { ...slow, commands: { ...slow.commands, "cleave split": run(5, 0.5, 130) } },
  ]);
  const of = (what: string) => targets.find((target) => target.what.includes(what));
  expect(of("`split` within 2x")).toMatchObject({
    measured: "2.50x",
    on: "model.keras",
    met: false,
  });
  expect(of("no slower than the h5py")).toMatchObject({ measured: "0.50x", met: true });
  expect(of("120 MB")).toMatchObject({ measured: "130 MB", met: false });
  expect(of("less CPU than Keras")).toMatchObject({ measured: "9.00x", on: "model.h5" });
  expect(of("less memory than Keras")).toMatchObject({ on: "model.keras", met: true });
});

test("what was not measured has no target and no row", () => {
  const only = measured({ commands: { "cleave inspect": run(0.1, 0.1, 60) } });
  expect(targetsOf([only]).map(({ what }) => what)).toEqual([expect.stringContaining("120 MB")]);
  const report = reportOf({ machine, nothing: run(0.001, 0.001, 9), models: [only] });
  expect(report).toContain("| `cleave inspect` | 0.100 / 0.100 | 0.100 / 0.100 | 60 / 60 |");
  expect(report).not.toContain("NaN");
  expect(report).not.toContain("| `cleave split` |");
});

test("a row has its ratios to cp && sync, h5py and Keras", () => {
  const report = reportOf({ machine, nothing: [], models: [measured()] });
  expect(report).toMatch(
    /`cleave split --no-training` .* \| 2\.50x \| 0\.500x \| 18\.0x \| 50\.6x \|/,
  );
});

test("a run of some groups keeps what others had, in the order of the models", () => {
  const now = measured({ id: "b", title: "now" });
  const before = [measured({ id: "b", title: "before" }), measured({ id: "a", title: "kept" })];
  expect(merged(before, [now], ["a", "b", "c"]).map(({ title }) => title)).toEqual(["kept", "now"]);
});

test("a logarithmic axis has ticks at powers of ten, also below one", () => {
  const { at, ticks } = logScale([0.02, 30], 0, 100);
  expect(ticks).toEqual([0.1, 1, 10]);
  expect(at(1) - at(0.1)).toBeCloseTo(at(10) - at(1));
});

test("the chart draws what was measured, and says so where nothing was", () => {
  const svg = growthChart([
    measured(),
    measured({ id: "small", group: "sizes", bytes: 1e7, commands: { Keras: run(4, 4, 300) } }),
  ]);
  expect(svg).toContain("not measured");
  expect(svg).toContain("cp &amp;&amp; sync");
  expect(svg.match(/class="c7"><path class="line dashed" d="M[\d.]+ [\d.]+L/)).not.toBeNull();
  expect(svg).not.toMatch(/NaN|Infinity/);
});
