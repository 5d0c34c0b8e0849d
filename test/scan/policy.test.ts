import { describe, expect, test } from "vitest";
import { scan } from "#shared/scan.ts";
import { decide, defaultPolicy, parsePolicy } from "#shared/scan/policy.ts";
import { allCases, pathOf } from "../hostile-files/cases.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/hdf5-files.ts";

const lambda = await scan(fixture("keras-3.15.1-jax/lambda_layer.h5"));

function policy(json: object): ReturnType<typeof parsePolicy> {
  return parsePolicy(JSON.stringify(json), "policy.json");
}

test("without a policy, code is quarantined and what Keras writes is not", async () => {
  const clean = await scan(fixture("keras-3.15.1-jax/classic.keras"));

  expect(decide(defaultPolicy, lambda).action).toBe("quarantine");
  expect(clean).toMatchObject({ verdict: "clean", action: "allow" });
});

describe("a policy decides", () => {
  test("by severity, and by id before that", () => {
    expect(decide(policy({ severities: { critical: "notify" } }), lambda).action).toBe("notify");
    const both = policy({ severities: { critical: "allow" }, findings: { KS101: "quarantine" } });
    expect(decide(both, lambda).action).toBe("quarantine");
  });

  test("that code of a known digest is harmless, and other code is not", () => {
    const digest = lambda.findings[0]!.digest!;

    const allowed = decide(policy({ allow: { digests: [digest] } }), lambda);
    const other = decide(policy({ allow: { digests: ["0".repeat(64)] } }), lambda);

    expect(allowed).toMatchObject({ action: "allow", verdict: "clean" });
    expect(allowed.findings[0]).toMatchObject({ id: "KS101", allowed: true });
    expect(other).toMatchObject({ action: "quarantine", verdict: "dangerous" });
  });

  test("that a module is known, by a glob, and never that a file cannot be read", async () => {
    const evil = await scan(pathOf(allCases.find(({ id }) => id === "evil-optimizer-keras")!));
    const cut = await scan(pathOf(allCases.find(({ id }) => id === "external-link")!));
    const all = policy({ allow: { modules: ["**", "*"] } });

    expect(decide(policy({ allow: { modules: ["my_*"] } }), evil).action).toBe("quarantine");
    expect(decide(policy({ allow: { modules: ["o?"] } }), evil).action).toBe("allow");
    expect(decide(all, cut)).toMatchObject({ action: "quarantine", verdict: "unreadable" });
  });
});

test.each([
  ["not JSON", "{", /no JSON/],
  ["an id that does not exist", '{"findings": {"KS999": "allow"}}', /KS999/],
  ["an action that does not exist", '{"severities": {"high": "ignore"}}', /severities\.high/],
  ["a field that does not exist", '{"quarantine": "high"}', /quarantine/],
  ["a digest that is none", '{"allow": {"digests": ["abc"]}}', /SHA-256/],
])("a policy with %s is refused by name", (_, text, message) => {
  expect(() => parsePolicy(text, "policy.json")).toThrow(
    expect.objectContaining(refusal("USAGE", message)) as Error,
  );
});
