import { expect, test } from "vitest";
import { below, folderOf, isS3, nameOf } from "#shared/stores/location.ts";
import { copySource, parseAddress } from "#shared/stores/s3/address.ts";
import { refused } from "../support/refusal.ts";

test.each([
  ["s3://models/a/b.keras", "s3://models/a", "b.keras"],
  ["s3://models/b.keras", "s3://models", "b.keras"],
  ["s3://models/a/b.keras?versionId=3sL4.x", "s3://models/a", "b.keras"],
  ["a/b.keras", "a", "b.keras"],
  ["/b.keras", "/", "b.keras"],
])("%s has another folder or name than it says", (location, folder, name) => {
  expect(folderOf(location)).toBe(folder);
  expect(nameOf(location)).toBe(name);
  expect(isS3(location)).toBe(location.startsWith("s3"));
});

test("what stands below a folder is not below it", () => {
  expect(below("s3://models", "a.keras")).toBe("s3://models/a.keras");
  expect(below("s3://models/x/", "assets/a.txt")).toBe("s3://models/x/assets/a.txt");
  expect(below("models", "a.keras")).toBe("models/a.keras");
});

test.each([
  ["s3://models/my mödel+1 (2)%41.keras", "my mödel+1 (2)%41.keras", undefined],
  ["s3://models/a//b?c=d", "a//b?c=d", undefined],
  ["s3://models/a?versionId=x/y", "a?versionId=x/y", undefined],
  [
    "s3://models/a?versionId=3sL4kqt.JlcpXroDTDmJ_rmSpXd3dIb",
    "a",
    "3sL4kqt.JlcpXroDTDmJ_rmSpXd3dIb",
  ],
  ["S3://models/", "", undefined],
])("%s is taken apart into another key or version", (location, key, version) => {
  expect(parseAddress(location)).toEqual({ bucket: "models", key, version });
});

test.each(["s3://", "s3:///key", "s3://models", `s3://models/${"k".repeat(1025)}`])(
  "%s is taken for an object",
  async (location) => {
    const parsing = (async () => parseAddress(location))();
    expect((await refused(parsing)).code).toBe("USAGE");
  },
);

test("a key that is not ASCII, or has what URLs read otherwise, is copied from another key", () => {
  const source = copySource({ bucket: "models", key: "a/ö +%?&.h5", version: "v=1" });
  expect(source).toBe("models/a/%C3%B6%20%2B%25%3F%26.h5?versionId=v%3D1");
});
