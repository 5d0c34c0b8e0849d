import { isUtf8 } from "node:buffer";
import { compareUtf8 } from "../bytes/compare-utf8.ts";
import { layout, type Layout } from "../bytes/layout.ts";
import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, inFile } from "../errors.ts";
import { layOutHdf5 } from "../hdf5/lay-out.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { locateHdf5, type LocatedHdf5 } from "../hdf5/read.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import { allNodes } from "../hdf5/tree.ts";
import { member as jsonMember, asString } from "../json/access.ts";
import { parseJson } from "../json/parse.ts";
import { checkLimit } from "../limits.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { inflateMember } from "../zip/inflate-member.ts";
import { layOutZip, type NewMember } from "../zip/lay-out.ts";
import { readMember, type ZipMember } from "../zip/member.ts";
import { describeArchive } from "./foreign/archive-kinds.ts";
import type { KerasModel } from "./model.ts";
import { unclaimedIn } from "./unclaimed.ts";
import { explainCutHdf5 } from "./truncated.ts";
import { separateTraining, uniteTrees } from "./training-state.ts";
import { decodeText } from "../hdf5/attributes.ts";

export const configMember = "config.json";
export const metadataMember = "metadata.json";
export const weightsMember = "model.weights.h5";
const assetsFolder = "assets/";

/**
 * Reads a `.keras` archive or a folder one was unpacked into (keras/src/saving/saving_lib.py):
 * `config.json`, `metadata.json`, `model.weights.h5`, `assets/…`. Compressed members, which Keras
 * does not write but reads, go through temporary files.
 *
 * @throws CleaveError `NOT_A_MODEL` where the archive is another kind of file; `UNSUPPORTED` for
 *   weights as a numpy archive, which is a pickle
 */
export async function readV3Archive(
  archive: ReadonlyMap<string, ZipMember>,
  files: OpenFiles,
): Promise<KerasModel> {
  const members = withoutTopFolder(await withoutFinderFiles(archive, files));
  const config = members.get(configMember);
  const weights = members.get(weightsMember);
  if (config === undefined || weights === undefined) return refuseArchive(members);
  checkLimit("configBytes", config.size, configMember);
  const architecture = await readText(config, configMember);
  const metadata = members.get(metadataMember);
  const metadataText = metadata && (await readText(metadata, metadataMember));
  const { assets, otherMembers } = await sortMembers(members, files);
  const located = await readWeights(await contentOf(weights, files), files);
  return {
    family: "v3",
    keras: { version: metadataText ? statedVersion(metadataText) : null, backend: null },
    architecture,
    ...separateTraining(located.root),
    trainingConfig: null,
    assets,
    container: {
      rootAttributes: [],
      metadata: metadataText ?? null,
      otherObjects: null,
      otherMembers,
      unclaimed: unclaimedIn(located, weightsMember),
    },
    statedChecksums: [...members].flatMap(([name, { deflated, stored, crc32 }]) =>
      deflated || crc32 === null ? [] : [{ name, range: stored, crc32 }],
    ),
  };
}

/** By its name, and by how it begins: AppleDouble, and the list of a folder. */
const finderFiles = [
  { name: /^__MACOSX\/.*\/?\._[^/]+$|(?:^|\/)\._[^/]+$/, start: "\0\x05\x16\x07" },
  { name: /(?:^|\/)\.DS_Store$/, start: "\0\0\0\x01Bud1" },
] as const;
/** What Finder writes of a file are some attributes. */
const largestFinderFile = 64 * 1024;

/** Without what macOS puts beside every file, which is no part of the model. */
async function withoutFinderFiles(
  members: ReadonlyMap<string, ZipMember>,
  files: OpenFiles,
): Promise<ReadonlyMap<string, ZipMember>> {
  const kept = new Map(members);
  for (const [path, member] of members) {
    const kind = finderFiles.find(({ name }) => name.test(path));
    if (kind === undefined || member.size > largestFinderFile) continue;
    const { source, offset, length } = await contentOf(member, files);
    const start = await source.read(offset, Math.min(kind.start.length, length));
    if (Buffer.from(start).toString("latin1") === kind.start) kept.delete(path);
  }
  return kept;
}

/** Whoever packs the folder of an unpacked model, not what is in it, gets one folder around all. */
function withoutTopFolder(members: ReadonlyMap<string, ZipMember>): ReadonlyMap<string, ZipMember> {
  const [first] = members.keys();
  const top = first?.slice(0, first.indexOf("/") + 1);
  if (!top || !members.has(`${top}${configMember}`)) return members;
  if (![...members.keys()].every((name) => name.startsWith(top))) return members;
  return new Map([...members].map(([name, member]) => [name.slice(top.length), member]));
}

/** Bytes that can be read at any offset. */
async function contentOf(member: ZipMember, files: OpenFiles): Promise<ByteRange> {
  return member.deflated ? inflateMember(member, files) : member.stored;
}

async function readText(member: ZipMember, name: string): Promise<string> {
  const bytes = await readMember(member);
  if (isUtf8(bytes)) return decodeText(bytes, name);
  const isUtf16 = /^(?:\xff\xfe|\xfe\xff|[^]\0|\0)/.test(
    Buffer.from(bytes.subarray(0, 2)).toString("latin1"),
  );
  throw new CleaveError(
    "JSON_INVALID",
    `${name} is not UTF-8${isUtf16 ? " but UTF-16" : ""}, which JSON has to be. ${isUtf16 ? "Write it as UTF-8" : "Take an intact copy"}.`,
  );
}

async function readWeights(range: ByteRange, files: OpenFiles): Promise<LocatedHdf5> {
  return locateHdf5(range, unpackInto(files)).catch(async (error: unknown) => {
    throw inFile(weightsMember, await explainCutHdf5(range, error));
  });
}

async function refuseArchive(members: ReadonlyMap<string, ZipMember>): Promise<never> {
  if (members.has(configMember) && members.has("model.weights.npz")) {
    throw new CleaveError(
      "UNSUPPORTED",
      "The weights are model.weights.npz, which is a Python pickle: reading it can run code. Save the model again as .keras with its default weights format.",
      { rule: "KS115" },
    );
  }
  const missing = [configMember, weightsMember].filter((name) => !members.has(name));
  const lacks = missing.join(" and ");
  const is = await describeArchive(members);
  throw new CleaveError("NOT_A_MODEL", `The ZIP archive has no ${lacks}: it is ${is}.`, {
    rule: missing.length < 2 ? "KB710" : "KB702",
  });
}

/** `keras_version` of the text of a `metadata.json`. */
export function statedVersion(metadata: string): string | null {
  return asString(jsonMember(parseJson(metadata, metadataMember), "keras_version")) ?? null;
}

async function sortMembers(
  members: ReadonlyMap<string, ZipMember>,
  files: OpenFiles,
): Promise<{ assets: Map<string, ByteRange>; otherMembers: Map<string, ByteRange> }> {
  const assets = new Map<string, ByteRange>();
  const otherMembers = new Map<string, ByteRange>();
  for (const [name, member] of members) {
    if ([configMember, metadataMember, weightsMember].includes(name)) continue;
    const content = await contentOf(member, files);
    if (name.startsWith(assetsFolder)) assets.set(name.slice(assetsFolder.length), content);
    else otherMembers.set(name, content);
  }
  return { assets, otherMembers };
}

/** @returns undefined where the tree is none of Keras's v3 weights files */
export function readV3Weights(root: Hdf5Group): KerasModel | undefined {
  const hasVariables = allNodes(root).some(
    ({ path, node }) => node.kind === "group" && (path === "vars" || path.endsWith("/vars")),
  );
  if (!hasVariables) return undefined;
  return {
    family: "v3",
    keras: { version: null, backend: null },
    architecture: null,
    ...separateTraining(root),
    trainingConfig: null,
    assets: new Map(),
    container: {
      rootAttributes: [],
      metadata: null,
      otherObjects: null,
      otherMembers: new Map(),
      unclaimed: [],
    },
    statedChecksums: [],
  };
}

/**
 * Plans a `.keras` archive. `metadata.json` is always a member: an archive of fewer than four
 * members has its assets ignored (keras/src/saving/saving_lib.py, _load_model_from_fileobj).
 */
export function layOutV3Archive(model: KerasModel): Layout {
  const { architecture, weights, training, assets, container } = model;
  const tree = training === null ? weights : uniteTrees(weights, training);
  const members: NewMember[] = [
    { name: metadataMember, content: text(container.metadata ?? newMetadata(model)) },
    { name: configMember, content: text(architecture ?? "") },
    { name: weightsMember, content: layOutHdf5(tree) },
  ];
  for (const [path, range] of sorted(assets)) {
    members.push({ name: `${assetsFolder}${path}`, content: layout([range]) });
  }
  for (const [name, range] of sorted(container.otherMembers)) {
    members.push({ name, content: layout([range]) });
  }
  return layOutZip(members);
}

/** Keras reads neither field; a fixed date keeps the archive the same on every run. */
function newMetadata({ keras }: KerasModel): string {
  const fields = { keras_version: keras.version ?? "unknown", date_saved: "1980-01-01@00:00:00" };
  return JSON.stringify(fields).replaceAll('":"', '": "').replaceAll('","', '", "');
}

function text(content: string): Layout {
  return layout([Buffer.from(content)]);
}

export function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].toSorted(([a], [b]) => compareUtf8(a, b));
}
