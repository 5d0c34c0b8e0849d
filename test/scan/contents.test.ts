import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { isCallingPickle } from "#shared/keras/foreign/pickle-opcodes.ts";
import { scan } from "#shared/scan.ts";
import { readMember } from "#shared/zip/member.ts";
import { readZip } from "#shared/zip/read.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { zipArchive } from "../support/zip.ts";

const folder = temporaryFolder();
const classic = readFileSync(fixture("keras-3.15.1-jax/classic.keras"));

/** Rules that a `.keras` breaks by one more member. */
async function rulesWith(name: string, content: Uint8Array): Promise<string[]> {
  const members = [...(await readZip(memorySource("classic", classic))).values()].map(
    async (member) => ({ name: member.name, content: await readMember(member) }),
  );
  const path = join(folder, "more.keras");
  writeFileSync(path, zipArchive([...(await Promise.all(members)), { name, content }]));
  return (await scan(path)).findings.map(({ id }) => id);
}

const latin = (text: string): Buffer => Buffer.from(text, "latin1");
const array = (header: string): Buffer => latin(`\x93NUMPY\x01\x00v\x00${header.padEnd(117)}\n`);

describe("an asset that runs code when it is loaded is found:", () => {
  test.each([
    ["a global", latin("cposix\nsystem\n(S'id'\ntR.")],
    ["a global and a short text", latin("cposix\nsystem\n\x8c\x02id\x85R.")],
    ["a list around it", latin("]cposix\nsystem\n(S'id'\ntRa.")],
    ["an instance", latin("(S'id'\nios\nsystem\n.")],
    ["a number before it", latin("I1\n0cposix\nsystem\n(S'id'\ntR.")],
    ["something remembered before it", latin("\x80\x02h0cposix\nsystem\n(S'id'\ntR.")],
    ["compressed", deflateSync(latin("\x80\x02cposix\nsystem\n(S'id'\ntR."))],
    ["an array of objects", array("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")],
    ["one with other quotes", array('{"descr": "|O", "fortran_order": False, "shape": (1,)}')],
    ["one in another order", array("{'fortran_order': False,'descr':'O','shape':(1,)}")],
    ["records of objects", array("{'descr': [('a', '<f4'), ('b', '|O')], 'shape': (1,)}")],
  ])("%s", async (_, content) => {
    expect(await rulesWith("assets/vocabulary.txt", content)).toEqual(["KS115"]);
  });

  test.each([
    ["words", latin("cat\ndog\nfish\n")],
    ["words and a full stop", latin("cat\ndog\n.")],
    ["a sentence", latin("I am a model. It was trained.\n")],
    ["numbers of a kind", array("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }")],
    ["records of numbers", array("{'descr': [('POS', '<f4'), ('ORDER', '<i4')], 'shape': (1,)}")],
  ])("and %s are none", async (_, content) => {
    expect(await rulesWith("assets/vocabulary.txt", content)).toEqual([]);
  });
});

test("what Python pickles of a call, in any protocol, is a pickle", () => {
  const make =
    "import pickle,sys\nclass A:\n  def __reduce__(self): return (print,('x'*3,[1,2.5,None,{'k':b'v'}]))\nfor p in range(6): print(pickle.dumps([A(),'text',(1,)],p).hex())";
  const made = execFileSync("python3", ["-c", make], { encoding: "utf8" }).trim().split("\n");
  for (const hex of made) {
    const text = Buffer.from(hex, "hex").toString("latin1");
    expect([hex, isCallingPickle(text, true)]).toEqual([hex, true]);
  }
});

test("no text ends the walk through a pickle in another way than with an answer", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isWhole) => {
      expect(typeof isCallingPickle(Buffer.from(bytes).toString("latin1"), isWhole)).toBe(
        "boolean",
      );
    }),
  );
});

describe("what macOS adds is passed over, and nothing else under its names:", () => {
  test.each([
    ["__MACOSX/._config.json", latin("\0\x05\x16\x07\0\x02\0\0Mac OS X")],
    ["assets/.DS_Store", latin("\0\0\0\x01Bud1\0\0")],
  ])("%s", async (name, content) => {
    expect(await rulesWith(name, content)).toEqual([]);
  });

  test.each([
    ["__MACOSX/evil.sh", latin("#!/bin/sh\n"), "KZ617"],
    ["assets/._hidden.pkl", latin("cposix\nsystem\n(S'id'\ntR."), "KS115"],
    ["__MACOSX/._x.py", latin("import os"), "KZ617"],
  ])("%s", async (name, content, rule) => {
    expect(await rulesWith(name, content)).toEqual([rule]);
  });
});

test("a second architecture in a member that nobody loads is looked into", async () => {
  const lambda =
    '{"class_name": "Lambda", "module": "keras.layers", "config": {"function": ["4wAA"]}}';
  expect(await rulesWith("backup/config.json", Buffer.from(lambda))).toEqual(["KS101"]);
});
