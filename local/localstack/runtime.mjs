/**
 * What runs in a function's process: loads its handler and gives it one event after another, as
 * Lambda's own runtime for Node does (aws-lambda-ric 4, which has to be compiled).
 *
 * Not here: callbacks, which Node 24's has not either, streamed answers, and consoles that write JSON.
 */
import { Agent, request } from "node:http";
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
const agent = new Agent({ keepAlive: true });

const handler = await load();
for (;;) {
  const { header, text } = await ask("GET", "/invocation/next");
  const id = header("aws-request-id");
  process.env["_X_AMZN_TRACE_ID"] = header("trace-id");
  try {
    const answer = await handler(JSON.parse(text), contextOf(header, id));
    await ask("POST", `/invocation/${id}/response`, answer ?? null);
  } catch (error) {
    console.error(error);
    await ask("POST", `/invocation/${id}/error`, described(error));
  }
}

async function load() {
  try {
    const [file, name] = _HANDLER.split(".");
    const loaded = (await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href))[name];
    if (typeof loaded === "function") return loaded;
    const problem = loaded === undefined ? "undefined or not exported" : "not a function";
    throw named("Runtime.HandlerNotFound", `${_HANDLER} is ${problem}`);
  } catch (error) {
    const isSyntax = error instanceof SyntaxError;
    const failure = isSyntax ? named("Runtime.UserCodeSyntaxError", String(error)) : error;
    console.error(error);
    await ask("POST", "/init/error", described(failure));
    return process.exit(1);
  }
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
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
    getRemainingTimeInMillis: () => Number(header("deadline-ms")) - Date.now(),
  };
}

/** Without a limit of time, as `fetch` has one: the next event may be hours away. */
function ask(method, path, answer) {
  const body = answer === undefined ? "" : JSON.stringify(answer);
  return new Promise((resolve, reject) => {
    const headers = { "Content-Length": Buffer.byteLength(body) };
    const asked = request(`${runtime}${path}`, { method, agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const header = (name) => response.headers[`lambda-runtime-${name}`] ?? "";
        resolve({ header, text: Buffer.concat(chunks).toString() });
      });
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

function described(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const { name, message, stack = "" } = error;
  return { errorType: name, errorMessage: message, trace: stack.split("\n") };
}
