/** The last number of a schema's id, which counts up; 0 where it has none. */
export function schemaNumber(id: string): number {
  return Number(/:(\d+)$/.exec(id)?.[1] ?? 0);
}
