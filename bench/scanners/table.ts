import type { HostileCase } from "../../test/hostile-files/cases.ts";
import type { Judgement } from "./judgement.ts";

export interface Tool {
  readonly name: string;
  /** Of the cases in order, then of files that Keras wrote. */
  readonly judgements: readonly Judgement[];
}

const groups: readonly (readonly [prefix: string, title: string])[] = [
  ["A-config", "configuration"],
  ["A-hdf5", "HDF5"],
  ["A-zip", "ZIP"],
  ["B-broken", "broken"],
];

/** What each program made of the files, as Markdown. */
export function comparison(
  tools: readonly Tool[],
  cases: readonly HostileCase[],
  sound: number,
): string {
  const counts = groups.map(([group]) => cases.filter((given) => isBad(given, group)).length);
  const good = cases.filter(({ expected }) => expected === "work" || expected === "clean").length;
  const titles = groups.map(([, title], index) => `${title}, ${counts[index]}`);
  const head = [
    "",
    ...titles,
    "says why",
    "no verdict",
    `false alarms of ${good + sound}`,
    "CPU, s",
    "MB",
  ];
  const rows = tools.map(({ name, judgements }) => rowOf(name, judgements, cases));
  return [
    `| ${head.join(" | ")} |`,
    `| --- |${" ---: |".repeat(head.length - 1)}`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    `Found or refused, of ${cases.length} files made to attack or mislead, or broken, and of ${sound} that`,
    "Keras 3.15.1 wrote. *Says why*: with a word of the cause. *No verdict*: ended by a signal, or by us after 20 s",
    "of CPU or at 2 GiB. A file with a Lambda layer is no false alarm. *CPU*: median of a file, the program",
    "being started already; *MB*: most memory of its process with any file that was not ended.",
    "",
  ].join("\n");
}

function isBad({ group, expected }: HostileCase, of: string): boolean {
  return group === of && (expected === "reject" || expected === "flag");
}

function rowOf(
  name: string,
  judgements: readonly Judgement[],
  cases: readonly HostileCase[],
): string[] {
  const of = (index: number): Judgement => judgements[index]!;
  const detected = groups.map(
    ([group]) => cases.filter((given, index) => isBad(given, group) && isAlarm(of(index))).length,
  );
  const why = cases.filter((given, index) => isSaid(given, of(index))).length;
  const dead = judgements.filter(({ outcome }) => outcome === "crashed" || outcome === "limit");
  const sound = judgements.slice(cases.length).filter(({ path }) => !path.includes("lambda"));
  const alarms =
    cases.filter(
      ({ expected }, index) => (expected === "work" || expected === "clean") && isAlarm(of(index)),
    ).length + sound.filter(isAlarm).length;
  const cpu = judgements.map((judgement) => judgement.cpu).toSorted((a, b) => a - b);
  const ended = judgements.filter((judgement) => !dead.includes(judgement));
  const most = Math.max(...ended.map(({ memory }) => memory));
  return [
    name,
    ...detected.map(String),
    `${why}`,
    `${dead.length}`,
    `${alarms}`,
    cpu[Math.floor(cpu.length / 2)]!.toFixed(3),
    `${Math.round(most / 1e6)}`,
  ];
}

function isAlarm({ outcome }: Judgement): boolean {
  return outcome === "found" || outcome === "refused";
}

function isSaid(given: HostileCase, judgement: Judgement): boolean {
  const words = given.must_mention ?? [];
  const isOne = groups.some(([group]) => isBad(given, group));
  const said = judgement.said.toLowerCase();
  return isOne && isAlarm(judgement) && words.some((word) => said.includes(word.toLowerCase()));
}
