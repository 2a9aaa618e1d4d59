import { line } from "./fields.ts";
import { id, schema, timestamp, z } from "./kit/schema.ts";
import { ROLES } from "./roles.ts";

export const organizationName = line(80, "The organization's name", "Orange Cat Studio");

export const User = schema("User", "A person who can log in", {
  id: id("usr"),
  email: z.email().max(254).describe("The address they log in with").meta({ example: "nora@orangecat.example" }),
  name: z.string().max(80).describe("Shown to your team").meta({ example: "Nora Lindt" }),
  created_at: timestamp("When the user signed up"),
});

export const Organization = schema("Organization", "A tenant: everything but users belongs to one", {
  id: id("org"),
  name: organizationName,
  role: z.enum(ROLES).describe("What the user is in this organization"),
  created_at: timestamp("When the organization was created"),
});
