import picomatch from "picomatch";
import * as z from "zod";
import { CleaveError, quote } from "../errors.ts";
import { verdictOf, type ScanFinding } from "./finding.ts";
import { ruleIds, severities, type RuleId, type Severity, type Verdict } from "./rules.ts";

/** What becomes of a model, from the mildest. */
const actions = ["allow", "notify", "quarantine"] as const;
export type Action = (typeof actions)[number];

const action = z.enum(actions);
const ruleId = z.enum(ruleIds as [RuleId, ...RuleId[]]);
const severity = z.enum(severities as [Severity, ...Severity[]]);

/** Without a policy: what runs or reaches beyond the file is kept away, what is odd is told. */
const byDefault: Readonly<Record<Severity, Action>> = {
  critical: "quarantine",
  high: "quarantine",
  medium: "notify",
  low: "allow",
  info: "allow",
};

const policySchema = z
  .strictObject({
    $schema: z.string().optional(),
    severities: z
      .partialRecord(severity, action)
      .default({})
      .describe(
        "What becomes of a model with a finding of a severity; critical and high are quarantined unless said otherwise, medium is notified of",
      ),
    findings: z
      .partialRecord(ruleId, action)
      .default({})
      .describe("The same for single findings, by their id; it counts before the severity"),
    allow: z
      .strictObject({
        modules: z
          .array(z.string().min(1))
          .default([])
          .describe(
            "Modules and packages of custom code that is known: names, or globs such as my_company.*",
          ),
        digests: z
          .array(z.string().regex(/^[0-9a-f]{64}$/, "expected SHA-256 in hexadecimal"))
          .default([])
          .describe(
            "SHA-256 of the code or members that have been read and found harmless, as scan gives them",
          ),
      })
      .default({ modules: [], digests: [] })
      .describe("What a finding may be about and does not count"),
  })
  .describe("What becomes of models with findings of cleave scan");

export type Policy = z.infer<typeof policySchema>;
/** As it is written: everything is optional. */
export type PolicyInput = z.input<typeof policySchema>;

/** The policy of those who have none. */
export const defaultPolicy: Policy = policySchema.parse({});

/** The shape of a policy file as JSON Schema 2020-12: docs/policy.schema.json. */
export function policyJsonSchema(): string {
  const schema = {
    $id: "urn:keras-cleave:policy:1",
    ...z.toJSONSchema(policySchema, { io: "input" }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/**
 * @param text JSON
 * @param name of the file, for messages
 * @throws CleaveError `USAGE` with every field that is wrong
 */
export function parsePolicy(text: string, name: string): Policy {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CleaveError("USAGE", `${quote(name)} is no JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
  const { data, error } = policySchema.safeParse(json);
  if (error === undefined) return data;
  throw new CleaveError("USAGE", `${quote(name)} is no policy.\n${z.prettifyError(error)}`);
}

export interface Decision {
  readonly action: Action;
  readonly verdict: Verdict;
  /** With those marked that the policy allows. */
  readonly findings: readonly ScanFinding[];
}

/** Only such findings are about something that can be known: a module, or bytes. */
const allowable: readonly RuleId[] = [
  "KS101",
  "KS102",
  "KS103",
  "KS104",
  "KS110",
  "KS119",
  "KS120",
  "KS115",
  "KZ617",
];

/** What becomes of a model that was scanned. */
export function decide(
  policy: Policy,
  scan: { readonly findings: readonly ScanFinding[]; readonly inspected: boolean },
): Decision {
  const isAllowedModule = picomatch([...policy.allow.modules], { dot: true });
  const isAllowed = ({ id, module, digest }: ScanFinding): boolean =>
    allowable.includes(id) &&
    ((module !== null && isAllowedModule(module)) ||
      (digest !== null && policy.allow.digests.includes(digest)));
  const findings = scan.findings.map((found) => ({ ...found, allowed: isAllowed(found) }));
  return {
    action: worstAction(policy, findings),
    verdict: verdictOf(findings, scan.inspected),
    findings,
  };
}

/** A finding as a scan gives it, or as a manifest has it. */
type Weighed = Pick<ScanFinding, "severity" | "allowed"> & { readonly id: string };

function worstAction(policy: Policy, findings: readonly Weighed[]): Action {
  const taken = findings.flatMap(({ id, severity: level, allowed }) =>
    allowed ? [] : [policy.findings[id as RuleId] ?? policy.severities[level] ?? byDefault[level]],
  );
  return actions.findLast((candidate) => taken.includes(candidate)) ?? "allow";
}

/** Whether somebody wants to know of a model that was split. */
export function isToldOf(policy: Policy, findings: readonly Weighed[]): boolean {
  return worstAction(policy, findings) !== "allow";
}
