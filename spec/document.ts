import { EVENT_HEADERS, EVENTS } from "./events.ts";
import { contract } from "./index.ts";
import { type Document, emit } from "./kit/document.ts";
import { ErrorEnvelope } from "./kit/envelope.ts";
import { withStory } from "./kit/story.ts";
import { STORY } from "./story/story.ts";
import { TAG_GROUPS, TAGS } from "./vocabulary.ts";

/** Version of the API in its document. The path says `v1`; this says which state of it. */
export const API_VERSION = "0.1.0-beta.1";

const description = `One API for teams that make and publish short video. **Beta**: what is here works and is tested; a
breaking change is possible until 1.0 and is announced in the changelog.

Send an API key or a session's access token as \`Authorization: Bearer …\`. Every error has the same body, every list
the same paging, every answer an \`X-Request-Id\`.`;

/** Reelmark's OpenAPI 3.1 document. Pure and deterministic: `npm run generate` writes it to `spec/openapi.json`. */
export function reelmarkDocument(): Document {
  const document = emit(contract, {
    info: {
      title: "Reelmark",
      version: API_VERSION,
      description,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      "x-stability": "beta",
    },
    server: "/api",
    tags: TAGS,
    tagGroups: TAG_GROUPS,
    events: EVENTS,
    eventHeaders: EVENT_HEADERS,
    error: ErrorEnvelope,
    credentialHeaders: [
      {
        name: "X-Organization-Id",
        in: "header",
        required: false,
        description: "Which organization to act for. Needed by the session of a user who is in several",
        schema: { type: "string", minLength: 1, maxLength: 64 },
      },
    ],
  });
  return withStory(document, STORY);
}
