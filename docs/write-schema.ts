import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manifestJsonSchema } from "#shared/manifest/json-schema.ts";

/** `npm run schema`: writes docs/manifest.schema.json anew after a change of the manifest. */
const path = fileURLToPath(new URL("manifest.schema.json", import.meta.url));
writeFileSync(path, manifestJsonSchema());
