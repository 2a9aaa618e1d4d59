/** Whose a job is: its organization, and its group within it, such as an endpoint. */
type Whose = { readonly data: { readonly org_id: string }; readonly groupId?: string | null };

/**
 * Who may have how many of this process's places at once. The queue itself bounds a group, but not who has many groups, nor
 * one that has turned slow: without this, one organization's dead receivers could hold every place.
 * @param perOrganization Most places of one organization.
 * @param widthOf Most places of a group; undefined where the queue's own bound will do.
 */
export function places(perOrganization: number, widthOf: (group: string) => number | undefined) {
  const groups = new Map<string, number>();
  const organizations = new Map<string, { active: number; readonly turnedAway: Set<string> }>();
  const isFull = (group: string) => (groups.get(group) ?? 0) >= (widthOf(group) ?? Number.POSITIVE_INFINITY);

  return {
    /** Takes a place, or answers that there is none. A job of no group always gets one: it could not be passed over. */
    enter({ data, groupId }: Whose): boolean {
      const organization = organizations.get(data.org_id) ?? { active: 0, turnedAway: new Set() };
      organizations.set(data.org_id, organization);
      if (groupId) {
        if (organization.active >= perOrganization) {
          organization.turnedAway.add(groupId);
          return false;
        }
        if (isFull(groupId)) return false;
        groups.set(groupId, (groups.get(groupId) ?? 0) + 1);
      }
      organization.active += 1;
      return true;
    },
    /** Gives a place back. */
    leave({ data, groupId }: Whose): void {
      if (groupId) {
        const left = (groups.get(groupId) ?? 1) - 1;
        if (left > 0) groups.set(groupId, left);
        else groups.delete(groupId);
      }
      const organization = organizations.get(data.org_id);
      if (!organization) return;
      organization.active -= 1;
      // One place, one group that may ask again, the longest waiting first: more would only be turned away anew.
      const [next] = organization.turnedAway;
      if (next !== undefined) organization.turnedAway.delete(next);
      if (organization.active <= 0) organizations.delete(data.org_id);
    },
    /** The groups whose jobs would be turned away: not to be asked for. */
    full(): string[] {
      const away = [...organizations.values()].flatMap(({ turnedAway }) => [...turnedAway]);
      return [...new Set([...[...groups.keys()].filter(isFull), ...away])];
    },
  };
}
