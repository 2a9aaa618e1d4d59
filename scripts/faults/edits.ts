import type { SourceEdit } from "./edits/edit.ts";
import { IDENTITY_EDITS } from "./edits/identity.ts";
import { PIPELINE_EDITS } from "./edits/pipeline.ts";
import { SECOND_EDITS } from "./edits/second.ts";
import { STUDIO_EDITS } from "./edits/studio.ts";

/**
 * Mistakes in real handlers, SQL and kit code, each seen by a client of the API, chosen by someone who had not read the
 * checks. Planted one at a time; with each, the server starts and answers.
 */
export const EDITS: readonly SourceEdit[] = [...STUDIO_EDITS, ...IDENTITY_EDITS, ...PIPELINE_EDITS, ...SECOND_EDITS];
