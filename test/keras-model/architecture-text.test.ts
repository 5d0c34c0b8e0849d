import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { undoEdits } from "#shared/json/edit.ts";
import { publishArchitecture } from "#shared/keras/architecture-text.ts";
import { restoreChangedArchitecture, withClassPath } from "#shared/keras/restore-architecture.ts";

const keras3 = { version: "3.15.1", backend: "jax" };
const compiled =
  '{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"class_name": "Functional", "config": {"rate": 1e-07}, "compile_config": {"loss": "inner"}}]}, "compile_config": {"optimizer": "adam"}}';

describe("publishing an architecture", () => {
  test("takes compile_config of every model out, and gives the outermost one's text", () => {
    const { text, edits, compileConfig } = publishArchitecture(compiled, "v3", keras3);

    expect(text).not.toContain("compile_config");
    expect(text).toContain('"rate": 1e-07');
    expect(compileConfig).toBe('{"optimizer": "adam"}');
    expect(undoEdits(text, edits)).toBe(compiled);
  });

  test("leaves a constructor argument called compile_config where it is", () => {
    const text = '{"class_name": "Mine", "config": {"compile_config": {"a": 1}}}';

    expect(publishArchitecture(text, "v3", keras3).text).toBe(text);
  });

  test("takes a compile_config out that stands first", () => {
    const first = '{"compile_config": {}, "class_name": "A", "config": {}}';

    const { text, edits } = publishArchitecture(first, "v3", keras3);

    expect(text).toBe('{"class_name": "A", "config": {}}');
    expect(undoEdits(text, edits)).toBe(first);
  });

  test.each([
    ["Sequential", '"module": "keras", "registered_name": null'],
    ["Functional", '"module": "keras.src.models.functional", "registered_name": "Functional"'],
  ])("gives the %s of a Keras 3 .h5 the class path its model_from_json needs", (name, path) => {
    const original = `{"class_name": "${name}", "config": {}}`;

    const { text, edits } = publishArchitecture(original, "legacy", keras3);

    expect(text).toBe(`{"class_name": "${name}", "config": {}, ${path}}`);
    expect(undoEdits(text, edits)).toBe(original);
  });

  test("adds nothing to an .h5 of Keras 2 or of a class that is not Keras's", () => {
    const sequential = '{"class_name": "Sequential", "config": {}}';
    const custom = '{"class_name": "Mine", "config": {}}';

    expect(
      publishArchitecture(sequential, "legacy", { version: "2.15.0", backend: null }).edits,
    ).toEqual([]);
    expect(publishArchitecture(custom, "legacy", keras3).edits).toEqual([]);
  });

  test("is undone exactly for any text around the models", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, fc.constantFrom(undefined, 1, 4), (config, compile, indent) => {
        const original = JSON.stringify(
          {
            class_name: "A",
            config: { layers: [{ class_name: "B", config, compile_config: compile }] },
            compile_config: compile,
            build_config: config,
          },
          null,
          indent,
        );
        const { text, edits } = publishArchitecture(original, "v3", keras3);
        expect(undoEdits(text, edits)).toBe(original);
        expect(JSON.parse(text)).not.toHaveProperty("compile_config");
      }),
    );
  });
});

describe("a changed architecture", () => {
  test("gets the compile configuration back and loses what was appended", () => {
    const { edits } = publishArchitecture(compiled, "v3", keras3);

    const restored = restoreChangedArchitecture(
      '{"class_name": "A", "config": {"units": 3}}',
      edits,
      "{}",
    );

    expect(restored).toBe('{"class_name": "A", "config": {"units": 3}, "compile_config": {}}');
  });

  test("of a Keras 3 .h5 loses the class path that was appended", () => {
    const { edits } = publishArchitecture(
      '{"class_name": "Sequential", "config": {}}',
      "legacy",
      keras3,
    );
    const changed =
      '{"class_name": "Sequential", "config": {"a": 1}, "module": "keras", "registered_name": null}';

    expect(restoreChangedArchitecture(changed, edits, null)).toBe(
      '{"class_name": "Sequential", "config": {"a": 1}}',
    );
  });

  test("is left alone where somebody gave it a compile_config", () => {
    const text = '{"class_name": "A", "config": {}, "compile_config": {"loss": "mse"}}';

    expect(restoreChangedArchitecture(text, [], "{}")).toBe(text);
  });
});

describe("to_json() of TensorFlow's Keras", () => {
  test.each([
    ["2.12.0", "keras.engine.functional"],
    ["2.13.1", "keras.src.engine.functional"],
    ["2.15.0", "keras.src.engine.functional"],
    ["2.21.0", "tf_keras.src.engine.functional"],
  ])("%s gets the functional model's class path of that version", (version, module) => {
    const text = `{"class_name": "Functional", "config": {}, "keras_version": "${version}"}`;

    expect(JSON.parse(withClassPath(text))).toMatchObject({
      module,
      registered_name: "Functional",
    });
  });

  test("gets keras for a Sequential, and Keras 3's stays as it is", () => {
    const sequential = '{"class_name": "Sequential", "config": {}, "keras_version": "2.15.0"}';

    expect(JSON.parse(withClassPath(sequential))).toMatchObject({ module: "keras" });
    expect(withClassPath(compiled)).toBe(compiled);
  });
});
