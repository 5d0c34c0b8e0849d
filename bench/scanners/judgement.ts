/** What one program said of one file. */
export interface Judgement {
  readonly path: string;
  /**
   * `found`: it raises an alarm; `refused`: it does not read the file, and says so; `silent`: nothing is
   * wrong; `skipped`: it says that it did not look; `crashed`: ended by a signal; `limit`: ended by us,
   * after 20 s of CPU, 60 s, or with 2 GiB.
   */
  readonly outcome: "found" | "refused" | "silent" | "skipped" | "crashed" | "limit";
  readonly said: string;
  /** In seconds, without the start of the program. */
  readonly cpu: number;
  /** Most of the process, in bytes. */
  readonly memory: number;
}
