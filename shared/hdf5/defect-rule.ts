import type { RuleId } from "../scan/rules.ts";

/** By how structures are named in messages. */
const rules: readonly (readonly [RegExp, RuleId])[] = [
  [/superblock/, "KH536"],
  [/datatype|compound|enum/, "KH560"],
  [/attribute/, "KH556"],
  [/filters/, "KH562"],
  [/B-tree|symbol table|node|array|chunk index/, "KH550"],
  [/local heap|fractal heap|heap (?:in)?direct/, "KH553"],
  [/heap/, "KH555"],
  [/link/, "KH554"],
  [/object header|message/, "KH552"],
];

/** What a scan calls a defect of a structure of HDF5. */
export function defectRule(structure: string, problem: string): RuleId {
  if (problem.includes("checksum")) return "KH537";
  if (structure.includes("dataspace")) return "KH522";
  if (problem.includes("end of file")) return "KH532";
  if (problem.includes("vary") || problem.includes("heap")) return "KH555";
  const kind = structure.slice(structure.lastIndexOf(": ") + 1);
  return rules.find(([pattern]) => pattern.test(kind))?.[1] ?? "KH552";
}
