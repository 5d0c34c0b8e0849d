/** Which objects of the models bucket are models, unless said: those that Keras saves. */
export const usualPatterns = ["*.keras", "*.h5", "*.hdf5"] as const;

/** @param patterns as EventBridge has them: `*` stands for any characters, all else for itself */
export function keyMatcher(patterns: readonly string[]): (key: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern
      .split("*")
      .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s");
  });
  return (key) => expressions.some((expression) => expression.test(key));
}
