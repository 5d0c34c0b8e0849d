import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWith } from "../../local/processes/python-with.ts";

/**
 * `npm run test:infra`: synthesizes the stack as everybody does, with no account and no Docker; twice,
 * with the same result; and has cfn-lint read the template.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cleave-infra-"));
// What knows nothing of AWS: no profile, no keys, no region.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")),
);

try {
  const [first, second] = ["first", "second"].map((name) => {
    const output = join(folder, name);
    const args = ["synth", "--quiet", "--output", output];
    execFileSync(join(root, "node_modules/.bin/cdk"), args, {
      cwd: root,
      env: { ...environment, HOME: folder, CI: "true", CDK_DISABLE_CLI_TELEMETRY: "true" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    return output;
  }) as [string, string];
  expectSame(first, second);
  console.log("cdk synth gives the same twice.");

  const lock = fileURLToPath(new URL("cfn-lint.lock", import.meta.url));
  const python = pythonWith("cfn-lint", lock, ["3.11", "3.12", "3.13"]);
  const template = join(folder, "Cleave.template.json");
  cpSync(join(first, "Cleave.template.json"), template);
  // W3005: the CDK itself writes dependencies that references have already.
  const args = ["--regions", "us-east-1", "--ignore-checks", "W3005", "--", template];
  execFileSync(join(python, "../cfn-lint"), args, { stdio: ["ignore", "inherit", "inherit"] });
  console.log("cfn-lint finds nothing in the template.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Templates and manifests; assets are named by their content. */
function expectSame(first: string, second: string): void {
  const names = readdirSync(first).toSorted();
  if (names.join("\n") !== readdirSync(second).toSorted().join("\n")) {
    throw new Error("A second synth makes other files, or assets of other content.");
  }
  for (const name of names.filter((each) => /template\.json$|assets\.json$/.test(each))) {
    if (readFileSync(join(first, name), "utf8") !== readFileSync(join(second, name), "utf8")) {
      throw new Error(`A second synth makes another ${name}.`);
    }
  }
}
