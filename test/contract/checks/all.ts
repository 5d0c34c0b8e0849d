import type { Check } from "../check.ts";
import { checksumChecks } from "./checksums.ts";
import { conditionChecks } from "./conditions.ts";
import { copyChecks } from "./copies.ts";
import { copySourceChecks } from "./copy-sources.ts";
import { keyChecks } from "./keys.ts";
import { limitChecks } from "./limits.ts";
import { listingChecks } from "./listing.ts";
import { multipartChecks } from "./multipart.ts";
import { multipartChecksumChecks } from "./multipart-checksums.ts";
import { multipartConditionChecks } from "./multipart-conditions.ts";
import { multipartRefusalChecks } from "./multipart-refusals.ts";
import { objectChecks } from "./objects.ts";
import { partChecksumChecks } from "./part-checksums.ts";
import { rangeChecks } from "./ranges.ts";
import { readConditionChecks } from "./read-conditions.ts";
import { taggingChecks } from "./tagging.ts";
import { uploadListChecks } from "./upload-lists.ts";
import { versionChecks } from "./versions.ts";

/** The whole contract. Names are unique, as deviations are told by them. */
export const checks: readonly Check[] = [
  ...objectChecks,
  ...rangeChecks,
  ...versionChecks,
  ...conditionChecks,
  ...checksumChecks,
  ...multipartChecks,
  ...multipartRefusalChecks,
  ...multipartConditionChecks,
  ...multipartChecksumChecks,
  ...uploadListChecks,
  ...copyChecks,
  ...keyChecks,
  ...listingChecks,
  ...partChecksumChecks,
  ...copySourceChecks,
  ...readConditionChecks,
  ...limitChecks,
  ...taggingChecks,
];
