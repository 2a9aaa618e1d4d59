/** Puts objects one after another, or parts, into the store of argv[2] until it is killed; says which were acknowledged. */
import { openStorage } from "../../server/storage/open.ts";
import { noise, streamed } from "./stores.ts";

const storage = await openStorage(JSON.parse(process.argv[2] ?? ""));
const say = (word: string, key: string) => process.stdout.write(`${word} ${key}\n`);

/** As much as the child puts under a key: derived from it, so that a reader can tell whether all is there. */
const size = (n: number) => 200_000 + ((n * 7_919_393) % 14_000_000);

for (let n = Number(process.argv[3] ?? 0); ; n++) {
  const key = `org_${n % 3}/upl_${n}`;
  say("begun", key);
  if (n % 2 === 0) await storage.put(key, streamed(noise(size(n), n)));
  else {
    const { handle } = await storage.createParts(key);
    const one = await storage.putPart(key, handle, 1, streamed(noise(size(n), n)), size(n));
    await storage.completeParts(key, handle, [one]);
  }
  say("acknowledged", key);
}
