import { setFlagsFromString } from "node:v8";
import { CleaveError } from "../shared/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { overview } from "./help.ts";
import { Interrupted } from "./terminal/interrupt.ts";

/** A verb: does the work, prints the answer, says how it ended. */
export interface Command {
  readonly help: string;
  run(args: readonly string[]): Promise<ExitCode>;
}

/** 0 done, 1 the model says no, 2 wrong usage; of scan, also that a file is unreadable. */
export type ExitCode = 0 | 1 | 2;

/** Loaded when called: the version and the help need none of it. */
const commands = new Map<string, () => Promise<Command>>([
  ["split", async () => (await import("./commands/split.ts")).split],
  ["recombine", async () => (await import("./commands/recombine.ts")).recombine],
  ["inspect", async () => (await import("./commands/inspect.ts")).inspect],
  ["scan", async () => (await import("./commands/scan.ts")).scan],
  ["doctor", async () => (await import("./commands/doctor.ts")).doctor],
  ["cat", async () => (await import("./commands/cat.ts")).cat],
  ["verify", async () => (await import("./commands/verify.ts")).verify],
  ["invoke", async () => (await import("./commands/invoke.ts")).invoke],
  ["where", async () => (await import("./commands/where.ts")).where],
]);

async function main([verb, ...given]: readonly string[]): Promise<ExitCode> {
  if (verb === "--version" || verb === "-v") return print(packageJson.version);
  if (verb === undefined) {
    process.stderr.write(overview);
    return 2;
  }
  if (verb === "--help" || verb === "-h") return print(overview);
  if (verb === "help") return help(given[0]);
  const load = commands.get(verb);
  if (load === undefined) {
    process.stderr.write(
      `cleave: there is no command "${verb}". Run cleave --help for the list.\n`,
    );
    return 2;
  }
  const command = await load();
  const args = await withoutLimits(given);
  if (args === undefined) return 2;
  if (args.includes("--help") || args.includes("-h")) return print(command.help);
  return runCommand(verb, command, args);
}

/** Takes `--limit NAME=N` out, which every verb has, and sets it. */
async function withoutLimits(given: readonly string[]): Promise<readonly string[] | undefined> {
  const { takeLimits } = await import("./limits.ts");
  try {
    return takeLimits(given);
  } catch (error) {
    process.stderr.write(`cleave: ${(error as Error).message}\n`);
    return undefined;
  }
}

async function help(verb: string | undefined): Promise<ExitCode> {
  const load = commands.get(verb ?? "");
  return print(load === undefined ? overview : (await load()).help);
}

async function runCommand(
  verb: string,
  command: Command,
  args: readonly string[],
): Promise<ExitCode> {
  try {
    return await command.run(args);
  } catch (cause) {
    const error = asCleaveError(cause);
    const hint = error.code === "USAGE" ? ` Run cleave ${verb} --help for examples.` : "";
    process.stderr.write(`cleave ${verb}: ${error.message}${hint}\n`);
    if (args.includes("--json")) {
      const { reportError } = await import("./json.ts");
      process.stdout.write(reportError(verb, error));
    }
    return error.code === "USAGE" ? 2 : 1;
  }
}

function asCleaveError(cause: unknown): CleaveError {
  if (cause instanceof CleaveError) return cause;
  if (cause instanceof Interrupted) {
    return new CleaveError("INTERRUPTED", `${cause.message}; nothing is left that looks finished.`);
  }
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return new CleaveError(
    "INTERNAL",
    `This is an error of Cleave itself; please report it.\n${stack}`,
  );
}

function print(text: string): ExitCode {
  process.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}

// A reader that stops reading (`cleave … | head`) is no failure of ours; a full disk is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`cleave: cannot write the answer: ${error.message}.\n`);
  process.exit(1);
});
// Metadata of a large model is many small objects: without room to grow for them, the heap of young
// objects stays a quarter smaller for a few milliseconds.
setFlagsFromString("--semi-space-growth-factor=1");
process.exitCode = await main(process.argv.slice(2));
