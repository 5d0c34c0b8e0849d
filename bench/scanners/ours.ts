import { CleaveError } from "../../shared/errors.ts";
import { scan } from "../../shared/scan.ts";
import type { Judgement } from "./judgement.ts";

/** `node ours.ts FILE` prints what cleave scan says of it, and what that took, as JSON. */
const [path] = process.argv.slice(2) as [string];
const before = process.cpuUsage();
const judgement = await judge();
const { user, system } = process.cpuUsage(before);
const took = { cpu: (user + system) / 1e6, memory: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify({ path, ...judgement, ...took } satisfies Judgement));

async function judge(): Promise<Pick<Judgement, "outcome" | "said">> {
  try {
    const { verdict, findings } = await scan(path);
    const said = findings.map(({ message }) => message).join(" ");
    if (verdict === "unreadable") return { outcome: "refused", said };
    return { outcome: verdict === "clean" || verdict === "notice" ? "silent" : "found", said };
  } catch (error) {
    const isRefusal = error instanceof CleaveError && error.code !== "INTERNAL";
    return { outcome: isRefusal ? "refused" : "crashed", said: (error as Error).message };
  }
}
