import type { Check } from "../types.ts";
export const inputs: Check = { name: "inputs", about: "x", applies: () => false, run: async () => {} };
