import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RootConstruct } from "constructs";
import { readOptions } from "../../infra/options.ts";
import { settingVariables } from "../../infra/setting-variables.ts";

/**
 * Key patterns, policy and limits as the deployed functions would have them, as variables: from
 * `cdk.json`, and a `policy.json` beside it.
 *
 * @param folder of `cdk.json`
 * @throws CleaveError `USAGE` naming what is wrong with them, as the synthesis does
 */
export function stackSettings(folder: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(folder, "cdk.json"), "utf8");
  const { context = {} } = JSON.parse(text) as { context?: Readonly<Record<string, unknown>> };
  const { node } = new RootConstruct();
  for (const [name, value] of Object.entries(context)) node.setContext(name, value);
  const { keyPatterns, policy, limits } = readOptions(node, folder);
  return settingVariables({
    ...(keyPatterns && { keyPatterns }),
    ...(policy !== undefined && { policy }),
    ...(limits && { limits }),
  });
}
