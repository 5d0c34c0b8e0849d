import { CleaveError } from "../errors.ts";
import { identify } from "../keras/identify.ts";
import { openModel } from "../keras/open-model.ts";
import { expectWholeModel } from "../keras/whole-model.ts";
import type { Location } from "../stores/location.ts";
import { OpenFiles, type StoreOptions } from "../stores/open-files.ts";

/**
 * Whether a refusal is nobody's mistake: a sound file that is no whole model. Weights are, and HDF5 of
 * other programs, which shares the suffix .h5.
 */
export async function isSkipped(
  location: Location,
  { code }: CleaveError,
  options: StoreOptions,
): Promise<boolean> {
  if (code === "WEIGHTS_ONLY") return true;
  if (code !== "NOT_A_MODEL") return false;
  const files = new OpenFiles(options);
  try {
    return (await identify(await files.open(location))) === "hdf5";
  } catch {
    return false;
  } finally {
    await files.close();
  }
}

/**
 * Looks at a file that has not been split, without splitting it.
 *
 * @returns why it is skipped; undefined where it is not
 * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`
 */
export async function whySkipped(
  location: Location,
  options: StoreOptions,
): Promise<CleaveError | undefined> {
  const files = new OpenFiles(options);
  try {
    const { model } = await openModel(location, files);
    expectWholeModel(model);
    return undefined;
  } catch (error) {
    if (!(error instanceof CleaveError)) throw error;
    if (error.code === "ACCESS_DENIED" || error.code === "STORE_UNAVAILABLE") throw error;
    return (await isSkipped(location, error, options)) ? error : undefined;
  } finally {
    await files.close();
  }
}
