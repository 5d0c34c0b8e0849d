import { devNull } from "node:os";

/**
 * Makes this process, and those it starts, reach the AWS at a URL and no other: a profile, a region
 * or an endpoint that is set for the user's own account would otherwise lead `cdk deploy` there.
 *
 * @returns what other programs need to reach it too
 */
export function leadTo(url: string): Readonly<Record<string, string>> {
  const { hostname } = new URL(url);
  if (hostname !== "127.0.0.1") throw new Error(`${url} is not on this machine.`);
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_")) delete process.env[name];
  }
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const { NO_PROXY } = process.env;
  Object.assign(process.env, environment, {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    NO_PROXY: NO_PROXY === undefined ? hostname : `${NO_PROXY},${hostname}`,
  });
  return environment;
}
