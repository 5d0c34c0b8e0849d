/** Begins a split in the folder named on the command line and dies while it writes the weights. */
import { layout } from "../../shared/bytes/layout.ts";
import { StagedFolder } from "../../shared/stores/file-system/staged-folder.ts";

const dying = {
  name: "model.keras",
  size: 8 * 1024 * 1024,
  read: (offset: number, length: number): Promise<Uint8Array> => {
    if (offset > 4 * 1024 * 1024) process.kill(process.pid, "SIGKILL");
    return Promise.resolve(new Uint8Array(length));
  },
};

const folder = await StagedFolder.begin(process.argv[2]!, {
  manifest: { name: "manifest.json" },
  names: ["architecture.json", "model.weights.h5"],
  earlier: [],
  overwrite: false,
});
await folder.write("architecture.json", layout([Buffer.from("of the killed run")]), {});
await folder.write(
  "model.weights.h5",
  layout([{ source: dying, offset: 0, length: dying.size }]),
  {},
);
