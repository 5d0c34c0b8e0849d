/** Options of the command that are fields of events too. */
export const eventFields: readonly string[] = [
  "out",
  "force",
  "training",
  "digest",
  "architecture",
  "weights",
  "assets",
  "dryRun",
  "byName",
  "map",
  "skipMismatch",
  "allowMissing",
  "initMissing",
  "seed",
];

/**
 * A refusal as callers of the pipeline need it, who have no options but fields of an event: `--by-name`
 * becomes `byName`. Caps are settings of the deployment.
 */
export function inEventTerms(message: string): string {
  return message
    .replaceAll(
      /(?<![^\s(])--limit (\w+)=N raises it/g,
      'the option `limits` of the pipeline raises it, as {"$1": N}',
    )
    .replaceAll(/(?<![^\s(])--([a-z]+(?:-[a-z]+)*)(?![\w=-])/g, (option, name: string) => {
      const field = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return eventFields.includes(field) ? `\`${field}\`` : option;
    });
}
