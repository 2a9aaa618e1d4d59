// Made by `npm run generate` from spec/. Do not edit.
import type { Options, Result } from "../types.ts";

/** Method and path of every operation. */
export const OPERATIONS = {
  login: ["post", "/v1/auth/login"],
  logout: ["post", "/v1/auth/logout"],
  refreshSession: ["post", "/v1/auth/refresh"],
  signUp: ["post", "/v1/auth/sign-up"],
  getProfile: ["get", "/v1/profile"],
  updateProfile: ["patch", "/v1/profile"],
  createApiKey: ["post", "/v1/api-keys"],
  deleteApiKey: ["delete", "/v1/api-keys/{api_key_id}"],
  getApiKey: ["get", "/v1/api-keys/{api_key_id}"],
  listApiKeys: ["get", "/v1/api-keys"],
  revokeApiKey: ["post", "/v1/api-keys/{api_key_id}/revoke"],
  rotateApiKey: ["post", "/v1/api-keys/{api_key_id}/rotate"],
  updateApiKey: ["patch", "/v1/api-keys/{api_key_id}"],
  createBrand: ["post", "/v1/brands"],
  deleteBrand: ["delete", "/v1/brands/{brand_id}"],
  getBrand: ["get", "/v1/brands/{brand_id}"],
  listBrands: ["get", "/v1/brands"],
  reorderBrands: ["post", "/v1/brands/reorder"],
  updateBrand: ["patch", "/v1/brands/{brand_id}"],
  createPersona: ["post", "/v1/personas"],
  deletePersona: ["delete", "/v1/personas/{persona_id}"],
  getPersona: ["get", "/v1/personas/{persona_id}"],
  listPersonas: ["get", "/v1/personas"],
  updatePersona: ["patch", "/v1/personas/{persona_id}"],
} as const;

/** One method an operation, named by its id. */
export interface Operations {
  /**
   * Log in. Starts a session. A wrong password and an unknown address get the same answer in the same time. After 10 failures in 15 minutes an address or account waits.
   */
  login(options: Options<"login">): Promise<Result<"login">>;

  /**
   * Log out. Ends this session at once: its access and refresh tokens are refused from the next request on.
   */
  logout(options?: Options<"logout">): Promise<Result<"logout">>;

  /**
   * Refresh a session. Exchanges a refresh token for the next pair. A token that was already used ends the whole session: somebody else may hold it.
   */
  refreshSession(options: Options<"refreshSession">): Promise<Result<"refreshSession">>;

  /**
   * Sign up. Creates a user, their organization and a session. Who may sign up is the operator's choice (`SIGN_UP`): by default the first user alone.
   */
  signUp(options: Options<"signUp">): Promise<Result<"signUp">>;

  /**
   * Get your profile. The user behind the credential, the organization it acts for, and what it may do. The first call to make with a new key.
   */
  getProfile(options?: Options<"getProfile">): Promise<Result<"getProfile">>;

  /**
   * Update your profile. A merge patch (RFC 7396): fields that are absent stay as they are.
   */
  updateProfile(options: Options<"updateProfile">): Promise<Result<"updateProfile">>;

  /**
   * Create an API key. The answer holds the key, once. Its scopes are explicit and within the caller's own; a key made by a key ends no later than its maker.
   */
  createApiKey(options: Options<"createApiKey">): Promise<Result<"createApiKey">>;

  /**
   * Delete an API key. The key stops working at once and leaves the list.
   */
  deleteApiKey(options: Options<"deleteApiKey">): Promise<Result<"deleteApiKey">>;

  /**
   * Get an API key
   */
  getApiKey(options: Options<"getApiKey">): Promise<Result<"getApiKey">>;

  /**
   * List API keys. The organization's keys, newest first.
   */
  listApiKeys(options?: Options<"listApiKeys">): Promise<Result<"listApiKeys">>;

  /**
   * Revoke an API key. The key is refused everywhere from the next request on, for good. It stays in the list.
   */
  revokeApiKey(options: Options<"revokeApiKey">): Promise<Result<"revokeApiKey">>;

  /**
   * Rotate an API key. Makes a new key with the same label, scopes and expiry, under a new id. The old one works on for `overlap_seconds`.
   */
  rotateApiKey(options: Options<"rotateApiKey">): Promise<Result<"rotateApiKey">>;

  /**
   * Update an API key. A merge patch (RFC 7396). Nothing brings a revoked or expired key back: both answer 409.
   */
  updateApiKey(options: Options<"updateApiKey">): Promise<Result<"updateApiKey">>;

  /**
   * Create a brand. The new brand comes last in the order. A slug that is taken is a 409.
   */
  createBrand(options: Options<"createBrand">): Promise<Result<"createBrand">>;

  /**
   * Delete a brand. A brand that still has personas is a 409: delete them first, or archive the brand.
   */
  deleteBrand(options: Options<"deleteBrand">): Promise<Result<"deleteBrand">>;

  /**
   * Get a brand
   */
  getBrand(options: Options<"getBrand">): Promise<Result<"getBrand">>;

  /**
   * List brands. The organization's brands in their order.
   */
  listBrands(options?: Options<"listBrands">): Promise<Result<"listBrands">>;

  /**
   * Reorder brands. Takes the id of every brand, in the order wanted. A list that misses one, or names one that is not there, is a 409.
   */
  reorderBrands(options: Options<"reorderBrands">): Promise<Result<"reorderBrands">>;

  /**
   * Update a brand. A merge patch (RFC 7396): absent keeps, null clears.
   */
  updateBrand(options: Options<"updateBrand">): Promise<Result<"updateBrand">>;

  /**
   * Create a persona. A name that the brand already has is a 409, and so is an archived brand.
   */
  createPersona(options: Options<"createPersona">): Promise<Result<"createPersona">>;

  /**
   * Delete a persona
   */
  deletePersona(options: Options<"deletePersona">): Promise<Result<"deletePersona">>;

  /**
   * Get a persona
   */
  getPersona(options: Options<"getPersona">): Promise<Result<"getPersona">>;

  /**
   * List personas. The organization's personas, newest first.
   */
  listPersonas(options?: Options<"listPersonas">): Promise<Result<"listPersonas">>;

  /**
   * Update a persona. A merge patch (RFC 7396): absent keeps, null clears.
   */
  updatePersona(options: Options<"updatePersona">): Promise<Result<"updatePersona">>;
}
