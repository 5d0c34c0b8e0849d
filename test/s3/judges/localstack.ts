import { localStackPython, startLocalStack } from "../../../local/localstack/localstack.ts";
import { onLoopback, type Judge } from "./judge.ts";

/** LocalStack 4.13.1 without Docker: nearest to Amazon's S3 of all that can be installed. */
export const localstack: Judge = {
  name: "localstack",
  async prepare() {
    localStackPython();
    return {};
  },
  async start(folder) {
    const { port, stop } = await startLocalStack({ folder, services: ["s3"] });
    return onLoopback(port, "test", stop);
  },
};
