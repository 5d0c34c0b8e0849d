import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A control group whose members have so much memory together, page cache included. */
export interface MemoryLimit {
  readonly folder: string;
  /** The most that was charged to it, and how often the limit was met. */
  read(): { readonly peak: number; readonly atLimit: number };
  remove(): void;
}

/** Where a version of the kernel's interface has what. */
interface Interface {
  readonly parent: string;
  readonly limit: string;
  readonly peak: string;
  readonly atLimit: (folder: string) => number;
}

const first: Interface = {
  parent: "/sys/fs/cgroup/memory",
  limit: "memory.limit_in_bytes",
  peak: "memory.max_usage_in_bytes",
  atLimit: (folder) => Number(readFileSync(join(folder, "memory.failcnt"), "utf8")),
};
const second: Interface = {
  parent: "/sys/fs/cgroup",
  limit: "memory.max",
  peak: "memory.peak",
  atLimit: (folder) =>
    Number(/^max (\d+)/m.exec(readFileSync(join(folder, "memory.events"), "utf8"))?.[1]),
};

/** @returns undefined where this user cannot make one */
export function limitMemory(bytes: number): MemoryLimit | undefined {
  const { parent, limit, peak, atLimit } = existsSync(first.parent) ? first : second;
  const folder = join(parent, `cleave-bench-${process.pid}`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, limit), `${bytes}`);
  } catch {
    return undefined;
  }
  return {
    folder,
    read: () => ({
      peak: Number(readFileSync(join(folder, peak), "utf8")),
      atLimit: atLimit(folder),
    }),
    remove: () => rmdirSync(folder),
  };
}
