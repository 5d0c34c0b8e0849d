import { config } from "zod/mini";
import en from "zod/v4/locales/en.js";

// Without a language, zod/mini says "Invalid input" of everything.
config(en());

export * from "zod/mini";
