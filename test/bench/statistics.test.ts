import { expect, test } from "vitest";
import { spreadOf, summaryOf } from "../../bench/statistics.ts";

test("the median of an odd number of runs is the middle one, of an even number between two", () => {
  expect(spreadOf([5, 1, 3])).toEqual({ minimum: 1, median: 3, maximum: 5 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ minimum: 1, median: 2.5, maximum: 4 });
  expect(spreadOf([100, 20, 3]).median).toBe(20); // in order of numbers, not of text
});

test("a summary keeps wall, CPU and memory apart", () => {
  const { runs, wall, cpu, rss } = summaryOf([
    { wall: 3, cpu: 20, rss: 100 },
    { wall: 1, cpu: 30, rss: 200 },
  ]);
  expect([runs, wall.median, cpu.median, rss.maximum]).toEqual([2, 2, 25, 200]);
});

test("no runs have no statistics", () => {
  expect(() => spreadOf([])).toThrow("no runs");
});
