import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

const TYPE = { A: 1, AAAA: 28 } as const;
const NXDOMAIN = 3;

/** What is said of a name: its addresses; `missing` for NXDOMAIN; `silent` for no answer at all. */
export type Zone = Readonly<Record<string, readonly string[] | "missing" | "silent">>;

function groupsOf(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const read = (text: string) =>
    text
      .split(":")
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const [before, after] = [read(head), read(tail)];
  return [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  return Buffer.from(groupsOf(address).flatMap((group) => [group >> 8, group & 255]));
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(message: Buffer, zone: Zone): { name: string; bytes: Buffer | undefined } {
  const { name, type, end } = readQuestion(message);
  const known = zone[name] ?? "missing";
  if (known === "silent") return { name, bytes: undefined };
  const records = (known === "missing" ? [] : known)
    .filter((address) => type === (isIPv6(address) ? TYPE.AAAA : TYPE.A))
    .map((address) => {
      const data = bytesOf(address);
      // A pointer to the name of the question, type, class IN, a TTL of 0 s, then the address (RFC 1035 §4.1.3).
      return Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]), data]);
    });
  const head = Buffer.from(message.subarray(0, end));
  head.writeUInt16BE(0x8180 | (known === "missing" ? NXDOMAIN : 0), 2);
  head.writeUInt16BE(records.length, 6);
  head.fill(0, 8, 12);
  return { name, bytes: Buffer.concat([head, ...records]) };
}

/** A name server on loopback (RFC 1035, UDP) that knows one zone. */
export async function nameServer(zone: Zone) {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (message, from) => {
    const { name, bytes } = answerTo(message, zone);
    asked.push(name);
    if (bytes) socket.send(bytes, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked: () => [...asked],
    close: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}
