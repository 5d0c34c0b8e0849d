import { dirname, join } from "node:path";
import { freePort } from "../../../local/processes/free-port.ts";
import { pythonWith } from "../../../local/processes/python-with.ts";
import { startServer } from "../../../local/processes/start-server.ts";
import { onLoopback, type Judge } from "./judge.ts";

function python(): string {
  return pythonWith("moto", join(import.meta.dirname, "moto.lock"), ["3.11", "3.12", "3.13"]);
}

/** moto 5.2.5, which many tests of others run against: lenient, and without most checksums. */
export const moto: Judge = {
  name: "moto",
  async prepare() {
    python();
    return {};
  },
  async start(folder) {
    const port = await freePort();
    const stop = await startServer({
      command: join(dirname(python()), "moto_server"),
      args: ["-H", "127.0.0.1", "-p", `${port}`],
      log: join(folder, "moto.log"),
      ready: `http://127.0.0.1:${port}/moto-api/`,
    });
    return onLoopback(port, "test", stop);
  },
};
