import type { Finding } from "./finding.ts";

/** Changes that are one for whoever reads them: the same words about several operations, as of a shared schema. */
export type Group = Pick<Finding, "kind" | "what" | "shows"> & {
  readonly subjects: readonly string[];
  readonly places: readonly string[];
};

/** Puts findings of the same words together; the first one's witness stands for all. */
export function grouped(findings: readonly Finding[]): Group[] {
  const groups = new Map<string, { first: Finding; subjects: string[]; places: string[] }>();
  for (const finding of findings) {
    // What is gone or new is so by itself, however many are.
    const isAlone = finding.what.startsWith("is ");
    const key = `${finding.kind} ${finding.what}${isAlone ? ` ${finding.place}` : ""}`;
    const group = groups.get(key) ?? { first: finding, subjects: [], places: [] };
    if (!group.places.includes(finding.place)) {
      group.subjects.push(finding.subject);
      group.places.push(finding.place);
    }
    groups.set(key, group);
  }
  return [...groups.values()].map(({ first, subjects, places }) => {
    const { kind, what, shows } = first;
    return { kind, what, subjects, places, ...(shows === undefined ? {} : { shows }) };
  });
}

/** The text under "Changed" and "Removed" of the section "Unreleased" (Keep a Changelog 1.1.0). */
function announced(changelog: string): string {
  const unreleased = /^## \[Unreleased\]\s*$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(changelog)?.[1] ?? "";
  return [...unreleased.matchAll(/^### (Changed|Removed)\s*$([\s\S]*?)(?=^### |$(?![\s\S]))/gm)]
    .map((section) => section[2] ?? "")
    .join("\n");
}

/**
 * The groups that break somebody, or may, and of which the changelog says nothing: no line under "Changed" or "Removed" of
 * "Unreleased" names, as code, one of their operations, paths or events.
 */
export function unannounced(groups: readonly Group[], changelog: string): Group[] {
  const text = announced(changelog);
  const isNamed = (name: string) => text.includes(`\`${name}\``);
  return groups.filter(
    ({ kind, subjects, places }) =>
      kind !== "compatible" &&
      !subjects.some(isNamed) &&
      !places.some((place) => isNamed(place) || isNamed(place.split(" ")[1] ?? place)),
  );
}
