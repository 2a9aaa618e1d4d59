// Makes a persona with a source where they are missing, syncs the source, and prints what came.
//
//   REELMARK_URL=https://reelmark.example.com/api REELMARK_TOKEN=rm_… node first-sync.mjs https://example.com/feed.xml
//
// Scopes: brands:read, brands:write, personas:read, personas:write, sources:read, sources:write, sync:write.
import { ApiError, ConnectionError, createClient, JobError } from "@reelmark/client";

const { REELMARK_URL = "http://127.0.0.1:4010/api", REELMARK_TOKEN = "anything" } = process.env;
const [feed = "https://feeds.example.com/coffee.xml"] = process.argv.slice(2);

const api = createClient({
  baseUrl: REELMARK_URL,
  token: REELMARK_TOKEN,
  onAttempt: ({ operationId, retryIn }) => {
    if (retryIn !== undefined) console.error(`${operationId}: again in ${Math.ceil(retryIn / 1000)} s`);
  },
});

/** The first item of a list that fits, however many pages it takes. */
async function find(items, fits) {
  for await (const item of items) if (fits(item)) return item;
  return undefined;
}

async function run() {
  const brand =
    (await find(api.listBrands.all(), ({ slug }) => slug === "orange-cat-coffee")) ??
    (await api.createBrand({ body: { name: "Orange Cat Coffee", slug: "orange-cat-coffee" } }));
  const ofBrand = { brand_id: brand.id };
  const persona =
    (await find(api.listPersonas.all({ query: ofBrand }), ({ name }) => name === "Studio Nora")) ??
    (await api.createPersona({
      body: { ...ofBrand, name: "Studio Nora", bio: "A barista who explains one thing a day" },
    }));
  const ofPersona = { persona_id: persona.id };
  const source =
    (await find(api.listSources.all({ query: ofPersona }), ({ url }) => url === feed)) ??
    (await api.createSource({ body: { ...ofPersona, url: feed } }));

  console.log(`${brand.name} / ${persona.name}: ${source.url}`);
  const begun = await api.syncSource({ params: { source_id: source.id }, body: {} });
  const job = await api.waitFor(begun, {
    onProgress: ({ status, progress }) => console.log(`  ${status} ${progress} %`),
  });
  console.log(`${job.new_count} new`);

  const { data: posts } = await api.listSourcePosts({ query: { source_id: source.id, limit: 5 } });
  for (const { title, url } of posts) console.log(`- ${title ?? "(untitled)"} ${url ?? ""}`);
}

try {
  await run();
} catch (error) {
  const isKnown = error instanceof ApiError || error instanceof ConnectionError || error instanceof JobError;
  if (!isKnown) throw error;
  console.error(error.message);
  if (error.code === "VALIDATION_ERROR")
    for (const issue of error.details.issues) console.error(`  ${issue.path}: ${issue.message}`);
  process.exitCode = 1;
}
