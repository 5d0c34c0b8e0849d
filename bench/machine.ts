import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";

/** What is told of the machine: kinds and versions, no names. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly fileSystem: string;
  readonly node: string;
  readonly python: string;
  readonly keras: string;
  readonly jax: string;
  readonly h5py: string;
  readonly hdf5: string;
}

/** Magic numbers of statfs(2). */
const FILE_SYSTEMS = new Map([
  [0xef53, "ext4"],
  [0x58465342, "XFS"],
  [0x9123683e, "Btrfs"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlayfs"],
]);

export function machineFacts(node: string, python: string, folder: string): Machine {
  const versions = execFileSync(python, [join(import.meta.dirname, "python", "versions.py")], {
    encoding: "utf8",
    env: { ...process.env, KERAS_BACKEND: "jax" },
  });
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${type()} ${release().split("-")[0]}`,
    fileSystem: FILE_SYSTEMS.get(statfsSync(folder).type) ?? "unknown file system",
    node: execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1),
    ...(JSON.parse(versions) as Pick<Machine, "python" | "keras" | "jax" | "h5py" | "hdf5">),
  };
}
