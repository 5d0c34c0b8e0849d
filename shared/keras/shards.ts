import { wholeRange } from "../bytes/range-source.ts";
import type { ByteSource } from "../bytes/source.ts";
import { CleaveError, inFile, quote } from "../errors.ts";
import { buildTree } from "../hdf5/build-tree.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "../hdf5/model.ts";
import { readHdf5 } from "../hdf5/read.ts";
import type { Unpack } from "../hdf5/unpack.ts";
import { allDatasets, allNodes, holdsStrings, type Located } from "../hdf5/tree.ts";
import { asArray, asNumber, asObject, asString, member } from "../json/access.ts";
import { parseJson, type JsonNode } from "../json/parse.ts";
import { checkLimit } from "../limits.ts";
import { uniteTrees } from "./training-state.ts";
import { explainCutHdf5 } from "./truncated.ts";

/**
 * The v3 tree of weights that `save_weights("m.weights.json", max_shard_size=…)` divided among
 * files (keras/src/saving/saving_lib.py of 3.10 and later, `ShardedH5IOStore`): the index names for
 * each `vars` group the files that hold its tensors.
 *
 * @param index JSON text
 * @param open a file beside the index
 * @returns undefined where the JSON is no such index
 * @throws CleaveError `MODEL_INVALID` where tensors are missing; `MISMATCH` where two shards hold
 *   one tensor
 */
export async function readShards(
  index: string,
  open: (name: string) => Promise<ByteSource>,
  unpack: Unpack,
): Promise<Hdf5Group | undefined> {
  const root = parseJson(index, "index of sharded weights");
  const names = shardNames(root);
  if (names === undefined) return undefined;
  let tree: Hdf5Group = { kind: "group", attributes: [], children: new Map() };
  for (const name of names) {
    const range = wholeRange(await open(name));
    const shard = await readHdf5(range, unpack).catch(async (error: unknown) => {
      throw inFile(quote(name), await explainCutHdf5(range, error));
    });
    tree = uniteTrees(tree, shard);
  }
  const found = sizeOf(tree);
  const stated = asNumber(member(root, "metadata", "total_size")) ?? Number.NaN;
  if (!Number.isNaN(stated) && stated !== found) {
    throw new CleaveError(
      "MODEL_INVALID",
      `The index says that the shards hold ${stated} bytes of tensors, they hold ${found}. Take all files of one save_weights().`,
    );
  }
  return tree;
}

/** Files of one v3 weights tree, and the index that Keras finds tensors by. */
export interface Sharded {
  /** JSON text. */
  readonly index: string;
  readonly shards: readonly { readonly name: string; readonly tree: Hdf5Group }[];
}

/**
 * Divides a v3 tree as `save_weights(…, max_shard_size=…)` does: a file takes tensors until the next
 * one would make it too large.
 *
 * @param base what the files' names begin with
 * @param maxSize of a file's tensors together, in bytes
 * @throws CleaveError `USAGE` where one tensor alone is larger
 */
export function divideWeights(tree: Hdf5Group, base: string, maxSize: number): Sharded {
  const shards: Located<Hdf5Dataset>[][] = [[]];
  let size = 0;
  for (const tensor of allDatasets(tree)) {
    const bytes = bytesOf(tensor.node);
    if (bytes > maxSize) {
      throw new CleaveError(
        "USAGE",
        `${quote(tensor.path)} has ${bytes} bytes, more than the ${maxSize} that a file may have.`,
      );
    }
    size += bytes;
    if (size > maxSize) {
      shards.push([]);
      size = bytes;
    }
    shards.at(-1)!.push(tensor);
  }
  const map = new Map<string, string[]>();
  const named = shards.map((tensors, number) => {
    const name = `${base}_${String(number).padStart(5, "0")}.weights.h5`;
    for (const group of new Set(tensors.map(({ path }) => `/${dirname(path)}`))) {
      map.set(group, [...(map.get(group) ?? []), name]);
    }
    const datasets = tensors.map(({ path, node }) => [path, node] as const);
    return { name, tree: buildTree({ datasets, attributes: number === 0 ? groupsOf(tree) : [] }) };
  });
  // 3.10 reads a name, later versions a name or a list.
  const weightMap = [...map].map(([group, [first, ...more]]) => [
    group,
    more.length === 0 ? first : [first, ...more],
  ]);
  const document = {
    metadata: { total_size: sizeOf(tree) },
    weight_map: Object.fromEntries(weightMap),
  };
  return { index: JSON.stringify(document, null, 4), shards: named };
}

/** All groups and their attributes, those without tensors too. */
function groupsOf(tree: Hdf5Group): [string, Hdf5Attribute[]][] {
  return allNodes(tree).flatMap(({ path, node }): [string, Hdf5Attribute[]][] =>
    node.kind === "group" ? [[path, [...node.attributes]]] : [],
  );
}

function dirname(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** In the order they were written; one name instead of a list where a group is in one (3.10). */
function shardNames(root: JsonNode): readonly string[] | undefined {
  const map = asObject(member(root, "weight_map"));
  if (map === undefined) return undefined;
  const names = new Set<string>();
  for (const [group, { value }] of map.members) {
    const listed = value.type === "array" ? asArray(value) : [value];
    for (const name of listed.map(asString)) {
      if (name === undefined || !/^[^/\\\0]+\.h5$/.test(name)) {
        throw new CleaveError(
          "MODEL_INVALID",
          `weight_map of ${quote(group)} names no .h5 file beside the index; the index is damaged.`,
          { rule: "KB710" },
        );
      }
      names.add(name);
    }
  }
  checkLimit("shards", names.size, "index of sharded weights");
  return [...names].toSorted();
}

/** Of all values, in bytes, as Keras counts them: elements times the size of one. */
function sizeOf(tree: Hdf5Group): number {
  return allDatasets(tree).reduce((sum, { node }) => sum + bytesOf(node), 0);
}

function bytesOf(node: Hdf5Dataset): number {
  return holdsStrings(node) ? 0 : node.data.length;
}
