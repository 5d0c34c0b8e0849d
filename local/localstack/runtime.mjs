/**
 * What runs in a function's process: loads its handler and gives it one event after another, as
 * Lambda's own runtime for Node does.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const {
  AWS_LAMBDA_RUNTIME_API,
  LAMBDA_TASK_ROOT,
  _HANDLER,
  AWS_LAMBDA_FUNCTION_NAME,
  AWS_LAMBDA_FUNCTION_VERSION,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  AWS_LAMBDA_LOG_GROUP_NAME,
  AWS_LAMBDA_LOG_STREAM_NAME,
} = process.env;
const runtime = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

let handler;
try {
  const [file, name] = _HANDLER.split(".");
  const module = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href);
  handler = module[name];
  if (typeof handler !== "function") throw new Error(`${_HANDLER} is undefined or not exported`);
} catch (error) {
  console.error(error);
  await post("/init/error", described(error));
  process.exit(1);
}

for (;;) {
  const next = await fetch(`${runtime}/invocation/next`);
  const header = (name) => next.headers.get(`lambda-runtime-${name}`) ?? "";
  const id = header("aws-request-id");
  process.env["_X_AMZN_TRACE_ID"] = header("trace-id");
  try {
    const answer = await handler(await next.json(), contextOf(header, id));
    await post(`/invocation/${id}/response`, answer ?? null);
  } catch (error) {
    await post(`/invocation/${id}/error`, described(error));
  }
}

function contextOf(header, awsRequestId) {
  return {
    awsRequestId,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: header("invoked-function-arn"),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Number(header("deadline-ms")) - Date.now(),
  };
}

async function post(path, answer) {
  await fetch(`${runtime}${path}`, { method: "POST", body: JSON.stringify(answer) });
}

function described(error) {
  const { name = "Error", message = String(error), stack = "" } = error ?? {};
  return { errorType: name, errorMessage: message, trace: stack.split("\n") };
}
