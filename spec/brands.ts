import { line } from "./fields.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { distinct, id, input, nullable, patch, schema, timestamp, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

const timezone = z
  .string()
  .min(1)
  .max(64)
  .refine(isTimezone, "must be a time zone of the IANA database, such as Europe/Zurich")
  .describe("IANA time zone in which the brand's schedules run")
  .meta({ example: "Europe/Zurich", format: "iana-timezone" });

const name = line(80, "The brand's name", "Orange Cat Coffee");

const description = nullable(
  z
    .string()
    .max(2000)
    .describe("What the brand is about, for people and for generation")
    .meta({ example: "Small-batch coffee, roasted on Mondays" }),
);

const slug = z
  .string()
  .min(1)
  .max(48)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case words joined by hyphens")
  .describe("Names the brand in URLs; unique in the organization and immutable")
  .meta({ example: "orange-cat-coffee" });

const status = z
  .enum(["active", "archived"])
  .describe("An archived brand keeps its history, its slug and its place, and takes no new work");

export const Brand = schema("Brand", "What you publish for", {
  id: id("brd"),
  name,
  slug,
  description,
  timezone,
  status,
  position: distinct(z.int().min(0).describe("Place in the organization's order, from 0").meta({ example: 0 })),
  created_at: timestamp("When the brand was created"),
  updated_at: timestamp("When the brand last changed"),
});

export const BrandInput = input("BrandInput", "A new brand", {
  name,
  slug,
  description: description.optional(),
  timezone: timezone.default("UTC"),
});

export const BrandPatch = patch("BrandPatch", "What to change of a brand; the slug is immutable", {
  name,
  description,
  timezone,
  status,
});

export const BrandOrder = input("BrandOrder", "The order of all brands", {
  brand_ids: z
    .array(id("brd"))
    .max(1000)
    .refine((ids) => new Set(ids).size === ids.length, "must not repeat an id")
    .describe("The id of every brand of the organization, each once, in the order wanted")
    .meta({ uniqueItems: true }),
});

export const BrandsInOrder = schema("BrandsInOrder", "All brands in their order", {
  data: z.array(Brand).describe("Every brand of the organization, in order"),
});

export const listBrands = operation({
  id: "listBrands",
  method: "get",
  path: "/v1/brands",
  tag: "Brands",
  summary: "List brands",
  description: "The organization's brands in their order.",
  scopes: ["brands:read"],
  effect: { lists: "brand" },
  query: page.query({ status: status.optional() }),
  responses: { 200: page.of(Brand) },
});

export const createBrand = operation({
  id: "createBrand",
  method: "post",
  path: "/v1/brands",
  tag: "Brands",
  summary: "Create a brand",
  description: "The new brand comes last in the order. A slug that is taken is a 409.",
  scopes: ["brands:write"],
  idempotent: "key",
  effect: { creates: "brand" },
  body: BrandInput,
  responses: { 201: Brand },
  errors: ["CONFLICT"],
});

export const getBrand = operation({
  id: "getBrand",
  method: "get",
  path: "/v1/brands/{brand_id}",
  tag: "Brands",
  summary: "Get a brand",
  scopes: ["brands:read"],
  effect: { reads: "brand" },
  responses: { 200: Brand },
});

export const updateBrand = operation({
  id: "updateBrand",
  method: "patch",
  path: "/v1/brands/{brand_id}",
  tag: "Brands",
  summary: "Update a brand",
  description: "A merge patch (RFC 7396): absent keeps, null clears.",
  scopes: ["brands:write"],
  effect: { updates: "brand" },
  body: BrandPatch,
  responses: { 200: Brand },
});

export const deleteBrand = operation({
  id: "deleteBrand",
  method: "delete",
  path: "/v1/brands/{brand_id}",
  tag: "Brands",
  summary: "Delete a brand",
  description: "A brand that still has personas is a 409: delete them first, or archive the brand.",
  scopes: ["brands:write"],
  effect: { deletes: "brand" },
  responses: { 204: none("The brand is gone") },
  errors: ["CONFLICT"],
});

export const reorderBrands = operation({
  id: "reorderBrands",
  method: "post",
  path: "/v1/brands/reorder",
  tag: "Brands",
  summary: "Reorder brands",
  description:
    "Takes the id of every brand, in the order wanted. A list that misses one, or names one that is not there, is a 409.",
  scopes: ["brands:write"],
  idempotent: "natural",
  body: BrandOrder,
  responses: { 200: BrandsInOrder },
  errors: ["CONFLICT"],
});
