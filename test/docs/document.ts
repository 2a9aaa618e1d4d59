const error = (code: string, message: string) => ({
  description: message,
  content: {
    "application/json": {
      schema: { $ref: "#/components/schemas/Error" },
      example: { error: { code, message, details: {}, request_id: "req_01jz8e6v" } },
    },
  },
});

const brand = {
  id: "brd_01jz8e6vq3",
  name: "Studio Nora",
  slug: "studio-nora",
  created_at: "2026-01-02T03:04:05.000Z",
};

const text = { type: "string" };
const idParam = {
  name: "brand_id",
  in: "path",
  required: true,
  schema: { type: "string", pattern: "^brd_[0-9a-z]+$" },
};
const security = [{ bearer: ["brands:read"] }, { apiKey: ["brands:read"] }];
const json = (schema: object) => ({ "application/json": { schema } });
const refused = { "400": error("VALIDATION_ERROR", "Refused"), "401": error("UNAUTHORIZED", "No credential") };

/** A document in the shape of the generated one, small enough to read: two paths, every kind of refusal. */
export const document = {
  openapi: "3.1.0",
  info: { title: "Brands", version: "0.1.0", description: "A small contract for tests." },
  servers: [{ url: "/api" }],
  tags: [{ name: "Brands", description: "What a team makes videos for." }],
  paths: {
    "/v1/brands": {
      get: {
        operationId: "listBrands",
        summary: "List brands",
        tags: ["Brands"],
        security,
        parameters: [
          { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100, default: 20 } },
          { name: "order", in: "query", schema: { enum: ["name", "created_at"] } },
        ],
        responses: {
          "200": { description: "A page", content: json({ $ref: "#/components/schemas/BrandPage" }) },
          ...refused,
        },
      },
      post: {
        operationId: "createBrand",
        summary: "Create a brand",
        tags: ["Brands"],
        security,
        parameters: [
          {
            name: "Idempotency-Key",
            in: "header",
            schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]{1,255}$" },
          },
        ],
        requestBody: { required: true, content: json({ $ref: "#/components/schemas/BrandInput" }) },
        responses: {
          "201": { description: "Created", content: json({ $ref: "#/components/schemas/Brand" }) },
          ...refused,
          "409": error("CONFLICT", "The slug is taken"),
          "429": error("RATE_LIMITED", "Too many requests"),
        },
      },
    },
    "/v1/brands/{brand_id}": {
      parameters: [idParam],
      get: {
        operationId: "getBrand",
        summary: "Get a brand",
        tags: ["Brands"],
        security,
        responses: {
          "200": { description: "The brand", content: json({ $ref: "#/components/schemas/Brand" }) },
          ...refused,
          "404": error("NOT_FOUND", "No such brand"),
        },
      },
      delete: {
        operationId: "deleteBrand",
        summary: "Delete a brand",
        tags: ["Brands"],
        security,
        responses: { "204": { description: "Gone" }, ...refused },
      },
    },
    "/v1/brands/none": {
      get: {
        operationId: "getNoBrand",
        summary: "Get nothing",
        tags: ["Brands"],
        responses: { "204": { description: "Nothing" } },
      },
    },
    "/v1/health": {
      get: {
        operationId: "getHealth",
        summary: "Health",
        security: [],
        responses: {
          "200": { description: "Well", content: json({ type: "object", properties: { ok: { const: true } } }) },
        },
      },
    },
  },
  components: {
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer" },
      apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
    },
    schemas: {
      Brand: {
        type: "object",
        description: "A brand",
        required: ["id", "name", "slug", "created_at"],
        properties: { id: text, name: text, slug: text, created_at: { type: "string", format: "date-time" } },
        examples: [brand],
      },
      BrandInput: {
        type: "object",
        required: ["name"],
        additionalProperties: false,
        properties: {
          name: { type: "string", minLength: 1, maxLength: 80 },
          slug: { type: "string", pattern: "^[a-z0-9-]+$" },
          ratio: { type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }], items: false },
        },
        examples: [{ name: "Studio Nora" }],
      },
      BrandPage: {
        type: "object",
        required: ["data", "count", "next_cursor"],
        properties: {
          data: { type: "array", items: { $ref: "#/components/schemas/Brand" } },
          count: { type: "integer" },
          next_cursor: { type: ["string", "null"] },
        },
        examples: [{ data: [brand], count: 1, next_cursor: null }],
      },
      Error: {
        type: "object",
        required: ["error"],
        properties: {
          error: {
            type: "object",
            required: ["code", "message", "details", "request_id"],
            properties: { code: text, message: text, details: { type: "object" }, request_id: text },
          },
        },
      },
    },
  },
};
