import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { pythonWith } from "../python-with.ts";
import { startServer } from "../start-server.ts";
import { onLoopback, type Judge } from "./judge.ts";

const root = join(import.meta.dirname, "../../../local/localstack");

function python(): string {
  // The pins are of packages that have wheels for these.
  return pythonWith("localstack", join(root, "requirements.lock"), ["3.11", "3.12", "3.13"]);
}

/** LocalStack 4.13.1 without Docker: nearest to Amazon's S3 of all that can be installed. */
export const localstack: Judge = {
  name: "localstack",
  async prepare() {
    python();
    return {};
  },
  async start(folder) {
    const port = await freePort();
    const state = join(folder, "state");
    mkdirSync(state);
    const stop = await startServer({
      command: python(),
      args: [join(root, "launch.py"), `${port}`, state],
      log: join(folder, "localstack.log"),
      ready: `http://127.0.0.1:${port}/_localstack/health`,
    });
    return onLoopback(port, "test", stop);
  },
};
