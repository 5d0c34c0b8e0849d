/** Why an interrupted verb ended. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Stops the work at Ctrl-C or SIGTERM in a way that lets it clean up; a second one stops at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => controller.abort(new Interrupted(`Interrupted by ${name}`)));
  }
  return controller.signal;
}
