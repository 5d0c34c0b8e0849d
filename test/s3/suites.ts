import { runContract, type Outcome } from "../contract/run-contract.ts";
import { runProduct } from "./product.ts";
import type { RunningJudge } from "./judges/judge.ts";

/** What a suite is run against: `endpoint` and `credentials` are of a server on loopback. */
export interface Subject extends Omit<RunningJudge, "stop"> {
  readonly name: string;
}

/** Something that is run against every judge. Names of outcomes are unique over all suites. */
export interface Suite {
  readonly title: string;
  run(subject: Subject): Promise<Outcome[]>;
}

/** In the order in which they are run; another suite is another entry. */
export const suites: readonly Suite[] = [
  { title: "contract", run: ({ client, bucket }) => runContract(client, { bucket }) },
  { title: "our verbs", run: runProduct },
];
