import { expect, test } from "vitest";
import { modelFiles } from "../support/fixtures.ts";
import { sweepKills } from "../support/kill-sweep.ts";
import { serveS3 } from "../support/s3.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const served = serveS3();
const fixture = modelFiles.find(({ name }) => name.endsWith("frozen_in_nested.keras"))!;

test(
  "a run killed at any request leaves what the next one cannot complete",
  { timeout: 240_000 },
  async () => {
    await served.server.putFile("models", "small.keras", fixture.path);
    const { splitting, recombining } = await sweepKills(served, "small.keras", folder);

    expect(splitting).toBeGreaterThan(5);
    expect(recombining).toBeGreaterThan(5);
  },
);
