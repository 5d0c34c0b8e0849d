import { ruleIds, rules, type Rule, type RuleId } from "#shared/scan/rules.ts";

/** What a hundred of ids stands for, and a line about what such findings are. */
const chapters: Readonly<Record<string, readonly [title: string, about: string]>> = {
  KS: [
    "What a model would run or load",
    "Found in architecture and training configuration, and in members.",
  ],
  KJ: ["JSON", "Of `config.json`, `model_config` and `training_config`."],
  KL: ["Caps", "The message says how many were found, what the cap is, and its name."],
  KH: ["HDF5", "Of `.h5`, `.weights.h5`, and the weights in a `.keras`."],
  KZ: ["ZIP", "Of a `.keras`, and of what stands in it."],
  KB: ["Broken or something else", "The file is no model, not all of it, or does not fit itself."],
};

/**
 * `docs/findings.md`: every rule with its meaning, and an example as a scan gives it.
 *
 * @param examples a message for each rule that has one
 */
export function findingsPage(examples: ReadonlyMap<RuleId, string>): string {
  const lines = [
    "# Findings",
    "",
    "Every finding of `cleave scan` has an id that does not change. `npm run schema` writes this page from",
    "`shared/scan/rules.ts`; examples are what `cleave scan` says of files of our tests.",
    "",
    "| severity | means | verdict |",
    "| --- | --- | --- |",
    "| critical | code runs when the model is loaded by some version of Keras, or readers disagree about what is loaded | dangerous |",
    "| high | reads or requests outside the file, fills memory or time, shows bytes that are not the tensor's | dangerous |",
    "| medium | hidden content, third-party code, misleading names, parts that do not fit | suspicious |",
    "| low | unusual, and explainable | notice |",
    "| info | a fact | notice |",
    "",
    "A file that cannot be inspected as a whole is `unreadable`, whatever else is found in it.",
    "",
  ];
  for (const [prefix, [title, about]] of Object.entries(chapters)) {
    const ids = ruleIds.filter((id) => id.startsWith(prefix));
    lines.push(`## ${title}`, "", about, "", ...ids.flatMap((id) => section(id, examples.get(id))));
  }
  return lines.join("\n");
}

function section(id: RuleId, example: string | undefined): string[] {
  const { severity, title, meaning, fix, affected, source }: Rule = rules[id];
  return [
    `### ${id}: ${title}`,
    "",
    `**${severity}.** ${meaning} ${fix}`,
    "",
    ...(affected === undefined ? [] : [`Affected: ${affected}.`, ""]),
    ...(source === "" ? [] : [`Source: ${source}.`, ""]),
    ...(example === undefined ? [] : ["```", example, "```", ""]),
  ];
}
