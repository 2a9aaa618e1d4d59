// Made by `npm run generate` from spec/. Do not edit.
import type { Options, Result } from "../types.ts";

/** Method and path of every operation. */
export const OPERATIONS = {
  listApiKeys: ["get", "/v1/api-keys"],
  createApiKey: ["post", "/v1/api-keys"],
  getApiKey: ["get", "/v1/api-keys/{api_key_id}"],
  updateApiKey: ["patch", "/v1/api-keys/{api_key_id}"],
  deleteApiKey: ["delete", "/v1/api-keys/{api_key_id}"],
  rotateApiKey: ["post", "/v1/api-keys/{api_key_id}/rotate"],
  revokeApiKey: ["post", "/v1/api-keys/{api_key_id}/revoke"],
  signUp: ["post", "/v1/auth/sign-up"],
  login: ["post", "/v1/auth/login"],
  refreshSession: ["post", "/v1/auth/refresh"],
  logout: ["post", "/v1/auth/logout"],
  listBrands: ["get", "/v1/brands"],
  createBrand: ["post", "/v1/brands"],
  getBrand: ["get", "/v1/brands/{brand_id}"],
  updateBrand: ["patch", "/v1/brands/{brand_id}"],
  deleteBrand: ["delete", "/v1/brands/{brand_id}"],
  reorderBrands: ["post", "/v1/brands/reorder"],
  listPersonas: ["get", "/v1/personas"],
  createPersona: ["post", "/v1/personas"],
  getPersona: ["get", "/v1/personas/{persona_id}"],
  updatePersona: ["patch", "/v1/personas/{persona_id}"],
  deletePersona: ["delete", "/v1/personas/{persona_id}"],
  getProfile: ["get", "/v1/profile"],
  updateProfile: ["patch", "/v1/profile"],
} as const;

/** One method an operation, named by its id. */
export interface Operations {
  /**
   * List API keys. The organization's keys, newest first.
   */
  listApiKeys(options?: Options<"listApiKeys">): Promise<Result<"listApiKeys">>;

  /**
   * Create an API key. The answer holds the key, once. Its scopes are explicit and within the caller's own; a key made by a key ends no later than its maker.
   */
  createApiKey(options: Options<"createApiKey">): Promise<Result<"createApiKey">>;

  /**
   * Get an API key
   */
  getApiKey(options: Options<"getApiKey">): Promise<Result<"getApiKey">>;

  /**
   * Update an API key. A merge patch (RFC 7396). Nothing brings a revoked or expired key back: both answer 409.
   */
  updateApiKey(options: Options<"updateApiKey">): Promise<Result<"updateApiKey">>;

  /**
   * Delete an API key. The key stops working at once and leaves the list.
   */
  deleteApiKey(options: Options<"deleteApiKey">): Promise<Result<"deleteApiKey">>;

  /**
   * Rotate an API key. Makes a new key with the same label, scopes and expiry, under a new id. The old one works on for `overlap_seconds`.
   */
  rotateApiKey(options: Options<"rotateApiKey">): Promise<Result<"rotateApiKey">>;

  /**
   * Revoke an API key. The key is refused everywhere from the next request on, for good. It stays in the list.
   */
  revokeApiKey(options: Options<"revokeApiKey">): Promise<Result<"revokeApiKey">>;

  /**
   * Sign up. Creates a user, their organization and a session. Who may sign up is the operator's choice (`SIGN_UP`): by default the first user alone.
   */
  signUp(options: Options<"signUp">): Promise<Result<"signUp">>;

  /**
   * Log in. Starts a session. A wrong password and an unknown address get the same answer in the same time. After 10 failures in 15 minutes an address or account waits.
   */
  login(options: Options<"login">): Promise<Result<"login">>;

  /**
   * Refresh a session. Exchanges a refresh token for the next pair. A token that was already used ends the whole session: somebody else may hold it.
   */
  refreshSession(options: Options<"refreshSession">): Promise<Result<"refreshSession">>;

  /**
   * Log out. Ends this session at once: its access and refresh tokens are refused from the next request on.
   */
  logout(options?: Options<"logout">): Promise<Result<"logout">>;

  /**
   * List brands. The organization's brands in their order.
   */
  listBrands(options?: Options<"listBrands">): Promise<Result<"listBrands">>;

  /**
   * Create a brand. The new brand comes last in the order. A slug that is taken is a 409.
   */
  createBrand(options: Options<"createBrand">): Promise<Result<"createBrand">>;

  /**
   * Get a brand
   */
  getBrand(options: Options<"getBrand">): Promise<Result<"getBrand">>;

  /**
   * Update a brand. A merge patch (RFC 7396): absent keeps, null clears.
   */
  updateBrand(options: Options<"updateBrand">): Promise<Result<"updateBrand">>;

  /**
   * Delete a brand. A brand that still has personas is a 409: delete them first, or archive the brand.
   */
  deleteBrand(options: Options<"deleteBrand">): Promise<Result<"deleteBrand">>;

  /**
   * Reorder brands. Takes the id of every brand, in the order wanted. A list that misses one, or names one that is not there, is a 409.
   */
  reorderBrands(options: Options<"reorderBrands">): Promise<Result<"reorderBrands">>;

  /**
   * List personas. The organization's personas, newest first.
   */
  listPersonas(options?: Options<"listPersonas">): Promise<Result<"listPersonas">>;

  /**
   * Create a persona. A name that the brand already has is a 409, and so is an archived brand.
   */
  createPersona(options: Options<"createPersona">): Promise<Result<"createPersona">>;

  /**
   * Get a persona
   */
  getPersona(options: Options<"getPersona">): Promise<Result<"getPersona">>;

  /**
   * Update a persona. A merge patch (RFC 7396): absent keeps, null clears.
   */
  updatePersona(options: Options<"updatePersona">): Promise<Result<"updatePersona">>;

  /**
   * Delete a persona
   */
  deletePersona(options: Options<"deletePersona">): Promise<Result<"deletePersona">>;

  /**
   * Get your profile. The user behind the credential, the organization it acts for, and what it may do. The first call to make with a new key.
   */
  getProfile(options?: Options<"getProfile">): Promise<Result<"getProfile">>;

  /**
   * Update your profile. A merge patch (RFC 7396): fields that are absent stay as they are.
   */
  updateProfile(options: Options<"updateProfile">): Promise<Result<"updateProfile">>;
}
