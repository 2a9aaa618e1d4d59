import type { OpenApiDocument } from "./document.ts";
import { GUIDE_ORIGIN, type Guide } from "./guides.ts";
import { withSamples } from "./samples/samples.ts";

type Group = { readonly name: string; readonly tags: readonly string[] };
type Tagged = OpenApiDocument & {
  readonly info?: { readonly description?: string; readonly [key: string]: unknown };
  readonly tags?: readonly { readonly name: string }[];
  readonly "x-tagGroups"?: readonly Group[];
};

/** Where the page is about: the API's origin, and where the plain documents are, as seen from the page. */
export type ReferencePlace = { readonly origin: string; readonly documents: string };

const FENCE = /^(```[\s\S]*?^```)$/m;

/** Markdown whose headings are one level lower, because the page shows its title as a heading of the second. */
const deeper = (text: string) =>
  text
    .split(FENCE)
    .map((part) => (part.startsWith("```") ? part : part.replace(/^##/gm, "###")))
    .join("");

/** A link to another guide's file, which is a place of the same page. */
const LINK = /\]\((?:\.\/|\.\.\/\.\.\/)?([A-Za-z-]+)\.md(?:#[\w-]+)?\)/g;

/**
 * The document as the page shows it: the contract, its guides as sections of their own, and samples on each operation.
 * Made for the page alone: the document that machines read stays without them, a third smaller.
 */
export function referenceDocument(
  document: OpenApiDocument,
  guides: readonly Guide[],
  { origin, documents }: ReferencePlace,
): OpenApiDocument {
  const { info, tags: own, "x-tagGroups": groups }: Tagged = document;
  const tagOf = ({ name }: Guide) => `guide-${name}`;
  const known = new Set(guides.map(({ name }) => name));
  const placed = (text: string) =>
    deeper(text)
      .replaceAll(GUIDE_ORIGIN, origin)
      .replace(LINK, (whole, file: string) => {
        const name = file.toLowerCase();
        return known.has(name) ? `](#tag/guide-${name})` : whole;
      });
  const tags = guides.map((guide) => ({
    name: tagOf(guide),
    "x-displayName": guide.title,
    description: placed(guide.text),
  }));
  const said = info?.description ?? "";
  const files = `As a file: [openapi.json](${documents}openapi.json), [openapi.yaml](${documents}openapi.yaml).`;
  // A tag outside of all groups is not shown where there are groups at all.
  const ungrouped = { name: "Operations", tags: (own ?? []).map(({ name }) => name) };
  return {
    ...withSamples(document, `${origin}/api`),
    info: { ...info, description: [said, files].filter((part) => part !== "").join("\n\n") },
    tags: [...tags, ...(own ?? [])],
    "x-tagGroups": [
      ...(tags.length > 0 ? [{ name: "Guides", tags: guides.map(tagOf) }] : []),
      ...(groups ?? [ungrouped]),
    ],
  };
}
