import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../../server/config.ts";

function problem(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("a PUBLIC_URL that others can reach is refused without SMTP_URL, with what to set", () => {
  for (const PUBLIC_URL of ["https://reelmark.example.com", "http://192.0.2.1:3000", "http://localhost.example.com"]) {
    expect(problem({ PUBLIC_URL })).toMatch(/SMTP_URL must be set: .* For development, MAIL=log prints them/);
  }
  expect(problem({ HOST: "0.0.0.0" })).toMatch(/SMTP_URL must be set/);
});

test("mails are printed on loopback, sent with SMTP_URL, and printed anywhere when MAIL says so", () => {
  expect(readConfig({})).toMatchObject({ mail: "log" });
  for (const host of ["localhost:3000", "127.0.0.1:3000", "127.8.0.1", "[::1]:3000"]) {
    expect(readConfig({ PUBLIC_URL: `http://${host}` }), host).toMatchObject({ mail: "log" });
  }
  const SMTP_URL = "smtp://user:secret@mail.example.com:587";
  expect(readConfig({ SMTP_URL, PUBLIC_URL: "https://reelmark.example.com" })).toMatchObject({ mail: "smtp" });
  expect(readConfig({ MAIL: "log", PUBLIC_URL: "https://reelmark.example.com" })).toMatchObject({ mail: "log" });
});

test("MAIL=smtp without SMTP_URL, and an SMTP_URL that is none, are refused by name; no password is repeated", () => {
  expect(problem({ MAIL: "smtp" })).toContain("MAIL is smtp, so SMTP_URL must be set");
  expect(problem({ MAIL: "post" })).toContain("MAIL must be one of smtp, log");
  const wrong = problem({ SMTP_URL: "http://user:hunter2hunter2@mail.example.com" });
  expect(wrong).toContain("SMTP_URL must be a URL that begins with smtp:// or smtps://");
  expect(wrong).not.toContain("hunter2");
});
