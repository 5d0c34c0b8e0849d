import type { Config } from "../config.ts";
import type { Expectation } from "../variable.ts";

/** What variables a layer of some class has, by its config. */
export type Row = (config: Config) => Expectation;

export type Table = readonly (readonly [className: string, row: Row])[];
