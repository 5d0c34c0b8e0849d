import picomatch from "picomatch";
import * as z from "zod";
import { CleaveError, quote } from "../../errors.ts";

const rule = z.strictObject({
  from: z
    .string()
    .min(1)
    .describe("Glob: * is anything but a slash, ** anything, ? one character, {a,b} one of these"),
  to: z
    .string()
    .min(1)
    .describe("The new path; its n-th * or ** is what the n-th *, ** or {…} in from stood for"),
});

const renameRulesSchema = z
  .strictObject({
    $schema: z.string().optional(),
    layers: z
      .array(rule)
      .default([])
      .describe(
        "From a layer's path in the weights, or the beginning of one, to its path in the architecture; the first rule that fits counts",
      ),
    variables: z
      .array(rule)
      .default([])
      .describe(
        "From layer/variable, the layer as the rules above name it, to layer/variable of the architecture",
      ),
  })
  .describe("How layers and variables of saved weights are called in another architecture");

/** The shape of a rules file as JSON Schema 2020-12: docs/rename-rules.schema.json. */
export function renameRulesJsonSchema(): string {
  const options = { io: "input" } as const;
  const schema = {
    $id: "urn:keras-cleave:rename-rules:1",
    ...z.toJSONSchema(renameRulesSchema, options),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

type RenameRulesFile = z.infer<typeof renameRulesSchema>;

/** Renames paths, such as "block_1/conv" to "stage_1/conv". */
export type Rename = (path: string) => string | undefined;

export interface RenameRules {
  /** A layer's new path, or undefined where no rule fits it. */
  readonly layer: Rename;
  readonly variable: Rename;
  /** What no path has fitted so far: `from` of each such rule. */
  unused(): readonly string[];
}

/**
 * Rules as a file has them: `{"layers": [{"from": "old_*", "to": "new_*"}]}`.
 *
 * @param text JSON
 * @throws CleaveError `USAGE` naming the field that is wrong
 */
export function parseRenameRules(text: string, name: string): RenameRules {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CleaveError("USAGE", `${quote(name)} is not JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
  const result = renameRulesSchema.safeParse(document);
  if (!result.success) {
    throw new CleaveError(
      "USAGE",
      `${quote(name)} does not hold rename rules.\n${z.prettifyError(result.error)}`,
    );
  }
  const { layers, variables } = result.data;
  const unused = new Set([...layers, ...variables]);
  const firstOf = (rules: RenameRulesFile["layers"]): Rename => {
    const compiled = rules.map((one) => ({ one, rename: compile(one.from, one.to) }));
    return (path) => {
      for (const { one, rename } of compiled) {
        const renamed = rename(path);
        if (renamed === undefined) continue;
        unused.delete(one);
        return renamed;
      }
      return undefined;
    };
  };
  return {
    layer: firstOf(layers),
    variable: firstOf(variables),
    unused: () => [...unused].map(({ from }) => from),
  };
}

export const noRules: RenameRules = {
  layer: () => undefined,
  variable: () => undefined,
  unused: () => [],
};

function compile(from: string, to: string): Rename {
  const pattern = picomatch.makeRe(from, { capture: true, dot: true });
  return (path) => {
    // Names may hold what globs give a meaning: "dense (2)".
    if (path === from) return to;
    const found = pattern.exec(path);
    if (found === null) return undefined;
    let next = 0;
    const renamed = to.replaceAll(/\*+/g, () => found[(next += 1)] ?? "");
    return renamed.split("/").filter(Boolean).join("/");
  };
}
