import { grouped } from "../../grouped.ts";
import type { Foreign, Opened } from "./foreign.ts";

/** git-lfs/docs/spec.md: lines of a key and a value; `size` is that of the file in bytes. */
export function lfsPointer({ source, text }: Opened): Foreign {
  const size = /\nsize (\d{1,15})(?:\r?\n|$)/.exec(text)?.[1];
  const standsFor = size === undefined ? "a file" : `a file of ${grouped(Number(size))} bytes`;
  return {
    is: `a Git LFS pointer of ${source.size} bytes that stands for ${standsFor}`,
    advice: 'Run "git lfs pull" and give that file',
    rule: "KB702",
  };
}
