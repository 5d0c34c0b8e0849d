import { quote } from "../errors.ts";
import { numberType } from "../hdf5/number-type.ts";
import type { Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import { allNodes } from "../hdf5/tree.ts";
import { dtypeOf } from "../keras/dtype.ts";
import { finding, type ScanFinding } from "./finding.ts";
import { misleadingName } from "./misleading-name.ts";

/** As many of one kind as help; a hostile file can have a hundred thousand. */
const mostFindings = 50;

/** Names, types and lists of names of HDF5 objects that readers other than ours could stumble over. */
export function scanTree(root: Hdf5Group): ScanFinding[] {
  const found: ScanFinding[] = [];
  for (const { path, node } of allNodes(root)) {
    found.push(...scanName(path), ...scanLists(path, node));
    if (node.kind === "dataset" && !isKerasType(dtypeOf(node))) {
      const message = `${shown(path)} has the datatype ${quote(dtypeOf(node))}, which Keras does not write.`;
      found.push(finding("KH560", { part: shown(path) }, message));
    }
    if (found.length >= mostFindings) break;
  }
  return found.slice(0, mostFindings);
}

function scanName(path: string): ScanFinding[] {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const why = misleadingName(name, false);
  if (why === undefined) return [];
  const message = `The name ${quote(name)} of an HDF5 object ${why}.`;
  return [finding("KH554", { part: shown(path) }, message, { evidence: name })];
}

/** Keras reads weights by lists of names, in parts where they are long. */
function scanLists(path: string, { attributes }: Hdf5Node): ScanFinding[] {
  return attributes.flatMap(({ name, shape }) => {
    if (!/^(?:layer_names|weight_names)\d*$/.test(name) || shape?.length === 1) return [];
    const is = shape === null ? "nothing" : `of ${shape.length} dimensions`;
    const message = `The attribute ${quote(name)} of ${shown(path)} is ${is}, where Keras has a list.`;
    return [finding("KH557", { part: shown(path) }, message)];
  });
}

/** What Keras's variables are made of, and strings, which vocabularies of TensorFlow's are. */
function isKerasType(dtype: string): boolean {
  return (
    numberType(dtype) !== undefined ||
    /^(?:bool|bfloat16|u?int4|float8_e\dm\d\w*|complex\d+|string|S\d+|>?[fiu]\d|V\d+)$/.test(dtype)
  );
}

function shown(path: string): string {
  return `/${quote(path, 500).slice(1, -1)}`;
}
