import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { mkdtempSync, readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { deployLocally } from "../../local/aws/deployment.ts";

let server: Server | undefined;
afterEach(() => server?.close());

async function listen(answer: string): Promise<number> {
  server = createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** What is said of a port; nothing may be started, nor any AWS be turned to. */
async function refusal(port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "cleave-taken-"));
  const before = { ...process.env };
  const error = await deployLocally({ folder, port, onProgress: () => {} }).catch(
    (thrown: unknown) => thrown,
  );
  expect(readdirSync(folder)).toEqual([]);
  expect(process.env).toEqual(before);
  expect(error).toMatchObject({ code: "USAGE" });
  return (error as Error).message;
}

test("the stack is deployed to an AWS that runs on the port already", async () => {
  const port = await listen('{"services": {"s3": "running"}, "edition": "community"}');

  expect(await refusal(port)).toContain(`Port ${port} of this machine is taken by a LocalStack`);
});

test("the stack is deployed to a program that is none", async () => {
  const port = await listen("hello");

  const message = await refusal(port);
  expect(message).toMatch(/is taken by another program/);
  expect(message).toContain(`npm run local:aws -- --port ${port + 1}`);
  const hasLsof = spawnSync("lsof", ["-v"]).status === 0;
  if (hasLsof) expect(message).toContain(`(process ${process.pid}, `);
});

test("a port that is none is taken for one", async () => {
  expect(await refusal(Number.NaN)).toContain("The port is NaN");
  expect(await refusal(70_000)).toContain("The port is 70000");
});
