import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { CleaveError } from "../../shared/errors.ts";

/**
 * Makes sure that nobody listens on a port of this machine: what is sent there would reach a stranger.
 *
 * @param command that takes another port, for the message
 * @throws CleaveError `USAGE` saying who listens, and what to do
 */
export async function expectFreePort(port: number, command: string): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new CleaveError("USAGE", `The port is ${port}; it must be a whole number up to 65535.`);
  }
  const reason = (await isAnswered(port)) ? await whoListens(port) : await whyNotOurs(port);
  if (reason === undefined) return;
  const other = port === 65_535 ? port - 1 : port + 1;
  throw new CleaveError(
    "USAGE",
    `Port ${port} of this machine ${reason}. Nothing was started. End that, or choose another port: ${command} ${other}`,
  );
}

async function isAnswered(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Somebody may hold it and not answer, or it may be for the system only. */
async function whyNotOurs(port: number): Promise<string | undefined> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return undefined;
  } catch (error) {
    return `cannot be listened on (${(error as NodeJS.ErrnoException).code})`;
  }
}

async function whoListens(port: number): Promise<string> {
  const what = (await isLocalStack(port))
    ? "a LocalStack, perhaps of a local:aws that still runs"
    : "another program";
  const found = spawnSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], {
    encoding: "utf8",
  });
  const [, id, name] = /^p(\d+)\nc(.+)$/m.exec(found.stdout ?? "") ?? [];
  return `is taken by ${what}${id === undefined ? "" : ` (process ${id}, ${name})`}`;
}

async function isLocalStack(port: number): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${port}/_localstack/health`;
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    return "services" in ((await response.json()) as object);
  } catch {
    return false;
  }
}
