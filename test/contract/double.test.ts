import { afterAll, beforeAll, expect, test } from "vitest";
import { startS3Server, type S3Server } from "../../local/s3/server.ts";
import { checks } from "./checks/all.ts";
import { openContract, type Contract } from "./run-contract.ts";

let server: S3Server;
let contract: Contract;

beforeAll(async () => {
  server = await startS3Server();
  contract = await openContract({
    endpoint: server.url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
});

afterAll(async () => {
  await contract.end();
  await server.close();
});

test("no two checks have one name, so that a known deviation is of one of them", () => {
  const names = checks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

const named = checks.map((check) => [check.name, check] as const);

test.each(named)("%s", async (_, check) => {
  expect(await contract.check(check)).toEqual({ name: check.name, ok: true });
});
