import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { grouped } from "../grouped.ts";
import { surveyTruncated, type Survey } from "../hdf5/survey.ts";
import { surveyTruncatedZip, type FoundMember, type ZipSurvey } from "../zip/survey.ts";

/** Shortest superblock; a file that ends within has lost everything. */
const superblockSize = 48;
const mostNames = 5;
const intact = "Take an intact copy";

/**
 * A better error for an HDF5 file that could not be read, where the reason is that it was cut: how
 * much of it is there. Any other error as it is.
 */
export async function explainCutHdf5(range: ByteRange, error: unknown): Promise<unknown> {
  if (!(error instanceof CleaveError) || error.code !== "HDF5_INVALID") return error;
  const cut = await describeCutHdf5(range);
  return cut === undefined
    ? error
    : new CleaveError("HDF5_INVALID", `Truncated: ${cut}. ${intact}.`, {
        cause: error,
        rule: "KB705",
      });
}

async function describeCutHdf5(range: ByteRange): Promise<string | undefined> {
  if (range.length < superblockSize) {
    return `the HDF5 file ends after ${grouped(range.length)} bytes, within its first structure`;
  }
  const survey = await surveyTruncated(range);
  if (survey === undefined) return undefined;
  return `${grouped(survey.found)} of ${grouped(survey.stated)} bytes; ${tensorsLeft(survey)}`;
}

function tensorsLeft({ complete, datasets, isPartial }: Survey): string {
  if (datasets === 0) return "none of its tensors can be found";
  const tensors = `${datasets === 1 ? "tensor" : "tensors"} ${complete === 1 ? "is" : "are"} complete`;
  if (isPartial && complete === datasets) {
    return `${grouped(complete)} ${tensors}, and what else there was is not known`;
  }
  return `${grouped(complete)} of ${isPartial ? "at least " : ""}${grouped(datasets)} ${tensors}`;
}

/** The same for a ZIP archive that has lost its end: what of its members is there. */
export async function explainCutZip(source: ByteSource, error: unknown): Promise<unknown> {
  if (!(error instanceof CleaveError) || error.code !== "ZIP_INVALID") return error;
  const survey = await surveyTruncatedZip(source);
  if (survey === undefined) return error;
  const start = `Truncated: the ZIP archive ends at byte ${grouped(source.size)}`;
  const message = `${start}, ${await describeCutZip(survey)}`;
  return new CleaveError("ZIP_INVALID", message, { cause: error, rule: "KB705" });
}

async function describeCutZip({ members, hasDirectory }: ZipSurvey): Promise<string> {
  const whole = members.filter(isWhole);
  const last = members.at(-1);
  if (hasDirectory) {
    return `within the directory of its members. All ${members.length} members are complete (${names(whole)}): ${intact.toLowerCase()}, or rebuild the directory with zip -FF.`;
  }
  const complete = whole.length === 0 ? "No member is complete" : `Complete: ${names(whole)}`;
  const cut = last === undefined || isWhole(last) ? "" : ` ${await describeCutMember(last)}.`;
  return `before the directory of its members. ${complete}.${cut} ${intact}.`;
}

async function describeCutMember({ name, stated, deflated, stored }: FoundMember): Promise<string> {
  if (stated === null) return `${quote(name)} is not complete or of unknown size`;
  const lacks = `${quote(name)} lacks ${grouped(stated - stored.length)} of its ${grouped(stated)} bytes`;
  if (deflated || !name.endsWith(".h5")) return lacks;
  const survey = await surveyTruncated(stored);
  return survey === undefined ? lacks : `${lacks}; ${tensorsLeft(survey)}`;
}

function isWhole({ stated, stored }: FoundMember): boolean {
  return stated === stored.length;
}

function names(members: readonly FoundMember[]): string {
  const shown = members.slice(0, mostNames).map(({ name }) => quote(name));
  return members.length > mostNames ? `${shown.join(", ")} and more` : shown.join(", ");
}
