import { balance, brand, OWNER, persona, signUp, step, takePlan } from "./steps.ts";

/** A source whose feed is at a path below the input `feeds`. */
export const source = (id: string, path: string) =>
  step(id, "createSource", {
    as: OWNER,
    body: { persona_id: "$steps.persona.outputs.id", url: `{$inputs.feeds}/${path}` },
    expect: [201],
    outputs: { id: "$response.body#/id" },
  });

/** Syncs the source that a step made. */
export const sync = (id: string, source: string, force: boolean, ...more: string[]) =>
  step(id, "syncSource", {
    as: OWNER,
    params: { source_id: `$steps.${source}.outputs.id` },
    body: { force },
    expect: [202, ...more],
    outputs: { id: "$response.body#/id" },
  });

/** Waits for the end of the run that a step began. */
export const ended = (id: string, run: string, ...more: string[]) =>
  step(id, "getSyncJob", {
    as: OWNER,
    params: { sync_job_id: `$steps.${run}.outputs.id` },
    expect: [
      200,
      "$response.body#/finished_at >= $response.body#/created_at",
      "$response.body#/progress == 100",
      ...more,
    ],
    retry: { times: 100, everySeconds: 0.1 },
  });

/** Looks at the source that a step made. */
export const look = (id: string, source: string, ...more: string[]) =>
  step(id, "getSource", { as: OWNER, params: { source_id: `$steps.${source}.outputs.id` }, expect: [200, ...more] });

/** Looks at the credits, of which none are held. */
export const unheld = (id: string, ...more: string[]) => balance(id, "$response.body#/held == 0", ...more);

/** An organization that has its credits counted, with a persona. */
export const begin = [signUp, takePlan("pro"), brand("first"), persona("persona", "Studio Nora", 201)];
