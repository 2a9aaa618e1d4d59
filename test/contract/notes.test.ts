import { expect, test } from "vitest";
import { ApiError } from "../../spec/kit/errors.ts";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";
import { Coverage } from "../kit/coverage.ts";
import type { DocumentedOperation } from "../kit/document.ts";
import { withHeaders, withJson } from "../kit/draft.ts";
import { done, refused } from "../kit/expecting.ts";
import { contractSuite } from "../kit/suite.ts";
import { notesSuite, openNotes } from "./notes.ts";

const coverage = new Coverage();
const suite = contractSuite(notesSuite(coverage));

function operation(id: string): DocumentedOperation {
  const found = suite.api.operations.find((op) => op.id === id);
  if (!found) throw new Error(`There is no operation ${id}`);
  return found;
}

test("updateNote: 409 for a title that another note has", async () => {
  const life = await suite.fresh();
  const first = await life.make("note");
  const draft = await life.draft(operation("updateNote"));
  await refused(
    await life.call(operation("updateNote"), withJson(draft, { title: first.body.title })),
    409,
    "CONFLICT",
  );
});

test("downloadFile: 206 for a part of the file", async () => {
  const life = await suite.fresh();
  const draft = withHeaders(await life.draft(operation("downloadFile")), { range: "bytes=0-3" });
  const response = await life.call(operation("downloadFile"), draft);
  expect(response.status).toBe(206);
  expect(await response.text()).toBe("some");
});

test("polishNote: 502 when the outside help fails, and the note stays as it was", async () => {
  const polish = async () => {
    throw new ApiError("UPSTREAM_ERROR", "The polisher does not answer: try again later");
  };
  const life = await suite.fresh(openNotes(coverage, { polish }));
  const note = await life.make("note");
  const draft = await life.draft(operation("polishNote"), { "path note_id": note.id });
  await refused(await life.call(operation("polishNote"), draft), 502, "UPSTREAM_ERROR");
  const read = await life.read("note", note.id);
  expect(await done((read ?? expect.fail("notes can be read")).response)).toBe(note.text);
});

// Last: everything above has run.
test("every declared status of every operation was seen", () => {
  expect(coverage.missing(notesDocument())).toEqual([]);
});
