import { CleaveError } from "../errors.ts";
import type { UnpackedDataset } from "./unpack-job.ts";

/** The error of a dataset whose chunks are not what its structure says. */
export function cannotUnpack(
  { where, filters }: Pick<UnpackedDataset, "where" | "filters">,
  reason: string,
  cause?: unknown,
): CleaveError {
  const names = filters
    .map(({ name }) => (name === "fletcher32" ? "fletcher32, a checksum" : name))
    .join(", ");
  const passed = names === "" ? "" : ` (${names})`;
  return new CleaveError(
    "HDF5_INVALID",
    `${where}: the values cannot be unpacked${passed}: ${reason}. The file is damaged; take an intact copy.`,
    { cause, rule: "KH562" },
  );
}
