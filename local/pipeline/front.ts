import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { artifactsBucket, modelsBucket, type Pipeline } from "./pipeline.ts";
import { functionNames, type FunctionName } from "../../functions/names.ts";

export interface Front {
  /** For every service: `AWS_ENDPOINT_URL`. */
  readonly url: string;
  close(): Promise<void>;
}

type Service = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** As `cdk deploy` would show it. */
const outputs: Readonly<Record<string, string>> = {
  ModelsBucket: modelsBucket,
  ArtifactsBucket: artifactsBucket,
  SplitFunction: "split",
  RecombineFunction: "recombine",
  InspectFunction: "inspect",
};

/**
 * One address for all that the pipeline answers to, as AWS programs want it: S3, invoking the
 * functions, and the outputs of the stack. Which service is meant stands in the signature.
 */
export async function startFront(pipeline: Pipeline, port: number): Promise<Front> {
  const services: Readonly<Record<string, Service>> = {
    lambda: (request, response) => invoke(pipeline, request, response),
    cloudformation: (request, response) => describeStacks(request, response),
  };
  const server = createServer((request, response) => {
    const service = services[serviceOf(request)] ?? pass(pipeline.s3.url);
    void Promise.resolve(service(request, response)).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Credential=KEY/20261127/us-east-1/lambda/aws4_request */
function serviceOf({ headers }: IncomingMessage): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "s3";
}

function pass(to: string): Service {
  return (request, response) => {
    const { method, headers, url } = request;
    const onward = httpRequest(`${to}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
}

async function invoke(
  pipeline: Pipeline,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = decodeURIComponent(
    /\/functions\/([^/]+)\/invocations/.exec(request.url!)?.[1] ?? "",
  );
  if (!(functionNames as readonly string[]).includes(name)) {
    response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" });
    response.end(JSON.stringify({ Message: `Function not found: ${name}` }));
    return;
  }
  const event = JSON.parse((await bodyOf(request)) || "{}") as unknown;
  const answering = pipeline.invoke(name as FunctionName, event);
  if (request.headers["x-amz-invocation-type"] === "Event") {
    answering.catch(() => undefined);
    response.writeHead(202).end();
    return;
  }
  try {
    const answer = JSON.stringify(await answering);
    response.writeHead(200).end(answer);
  } catch (error) {
    const { name: errorType, message: errorMessage } = error as Error;
    response.writeHead(200, { "x-amz-function-error": "Unhandled" });
    response.end(JSON.stringify({ errorType, errorMessage, trace: [] }));
  }
}

/** Of whatever stack: there is one. */
async function describeStacks(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request));
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  response.writeHead(200, { "content-type": "text/xml" });
  response.end(
    `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>${form.get("StackName")?.replaceAll(/[^\w-]/g, "")}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
