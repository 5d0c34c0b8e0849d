import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../local/processes/uv.ts";
import { freePort } from "../../../local/processes/free-port.ts";
import { runInBackground } from "../run-in-background.ts";
import { startServer } from "../../../local/processes/start-server.ts";
import { onLoopback, type Judge } from "./judge.ts";

const version = "v1.8.0";
const secret = "testtest";

function binary(): string {
  return join(cacheFolder(), `versitygw-${version}`, "versitygw");
}

/** Versity's gateway over a folder: an S3 that people keep their data in, and a fast one. */
export const versitygw: Judge = {
  name: "versitygw",
  async prepare() {
    if (existsSync(binary())) return {};
    if (spawnSync("go", ["version"]).status !== 0) {
      return { missing: "it is built by Go, and there is no `go` on the PATH" };
    }
    const folder = join(cacheFolder(), `versitygw-${version}`);
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    process.stderr.write("building versitygw with Go …\n");
    const from = `github.com/versity/versitygw/cmd/versitygw@${version}`;
    await runInBackground("go", ["install", from], { GOBIN: unfinished });
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    return {};
  },
  async start(folder) {
    const port = await freePort();
    const data = join(folder, "data");
    const versions = join(folder, "versions");
    for (const each of [data, versions]) mkdirSync(each);
    const stop = await startServer({
      command: binary(),
      args: ["--port", `127.0.0.1:${port}`, "posix", "--versioning-dir", versions, data],
      variables: { ROOT_ACCESS_KEY: "test", ROOT_SECRET_KEY: secret },
      log: join(folder, "versitygw.log"),
      ready: `http://127.0.0.1:${port}/`,
    });
    return onLoopback(port, secret, stop);
  },
};
