// Made by `npm run generate` from spec/. Do not edit.
import type { Options, Result } from "../types.ts";

/** Method and path of every operation. */
export const OPERATIONS = {
  listPlans: ["get", "/v1/plans"],
  getUsage: ["get", "/v1/usage"],
  listOrganizations: ["get", "/v1/organizations"],
  createOrganization: ["post", "/v1/organizations"],
  getOrganization: ["get", "/v1/organization"],
  updateOrganization: ["patch", "/v1/organization"],
  deleteOrganization: ["delete", "/v1/organization"],
  listMembers: ["get", "/v1/organization/members"],
  updateMember: ["patch", "/v1/organization/members/{user_id}"],
  removeMember: ["delete", "/v1/organization/members/{user_id}"],
  leaveOrganization: ["post", "/v1/organization/leave"],
  listInvitations: ["get", "/v1/organization/invitations"],
  createInvitation: ["post", "/v1/organization/invitations"],
  revokeInvitation: ["delete", "/v1/organization/invitations/{invitation_id}"],
  acceptInvitation: ["post", "/v1/invitations/accept"],
  signUp: ["post", "/v1/auth/sign-up"],
  login: ["post", "/v1/auth/login"],
  refreshSession: ["post", "/v1/auth/refresh"],
  logout: ["post", "/v1/auth/logout"],
  requestEmailVerification: ["post", "/v1/auth/verify-email/request"],
  verifyEmail: ["post", "/v1/auth/verify-email"],
  requestPasswordReset: ["post", "/v1/auth/password-reset/request"],
  resetPassword: ["post", "/v1/auth/password-reset"],
  changePassword: ["post", "/v1/auth/password"],
  listSessions: ["get", "/v1/sessions"],
  endSession: ["delete", "/v1/sessions/{session_id}"],
  deleteAccount: ["delete", "/v1/profile"],
  listApiKeys: ["get", "/v1/api-keys"],
  createApiKey: ["post", "/v1/api-keys"],
  getApiKey: ["get", "/v1/api-keys/{api_key_id}"],
  updateApiKey: ["patch", "/v1/api-keys/{api_key_id}"],
  deleteApiKey: ["delete", "/v1/api-keys/{api_key_id}"],
  rotateApiKey: ["post", "/v1/api-keys/{api_key_id}/rotate"],
  revokeApiKey: ["post", "/v1/api-keys/{api_key_id}/revoke"],
  listAuditEvents: ["get", "/v1/audit-events"],
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
   * List plans. What each plan gives. No credential is needed.
   */
  listPlans(options?: Options<"listPlans">): Promise<Result<"listPlans">>;

  /**
   * Get the organization's use of its plan
   */
  getUsage(options?: Options<"getUsage">): Promise<Result<"getUsage">>;

  /**
   * List your organizations. Every organization you are a member of. Name one in `X-Organization-Id` when there are several.
   */
  listOrganizations(options?: Options<"listOrganizations">): Promise<Result<"listOrganizations">>;

  /**
   * Create an organization. You become its owner. From then on requests name the organization in `X-Organization-Id`.
   */
  createOrganization(options: Options<"createOrganization">): Promise<Result<"createOrganization">>;

  /**
   * Get the organization. The organization that the credential acts for.
   */
  getOrganization(options?: Options<"getOrganization">): Promise<Result<"getOrganization">>;

  /**
   * Update the organization
   */
  updateOrganization(options: Options<"updateOrganization">): Promise<Result<"updateOrganization">>;

  /**
   * Delete the organization. Deletes it with everything in it, at once and for good: what was paid for too, so it wants `billing:write`, which owners alone have. By a session, and only when `confirm` is its exact name.
   */
  deleteOrganization(options?: Options<"deleteOrganization">): Promise<Result<"deleteOrganization">>;

  /**
   * List members. The members of the organization, oldest user first.
   */
  listMembers(options?: Options<"listMembers">): Promise<Result<"listMembers">>;

  /**
   * Change a member's role. Holds from the member's next request on, for their keys too. Only owners make or unmake owners, and the last one stays.
   */
  updateMember(options: Options<"updateMember">): Promise<Result<"updateMember">>;

  /**
   * Remove a member. Their sessions lose the organization and their keys end, from the next request on. The last owner cannot be removed.
   */
  removeMember(options: Options<"removeMember">): Promise<Result<"removeMember">>;

  /**
   * Leave the organization. Ends your own membership. The last owner cannot leave: hand the organization over, or delete it.
   */
  leaveOrganization(options?: Options<"leaveOrganization">): Promise<Result<"leaveOrganization">>;

  /**
   * List invitations. The organization's invitations, newest first.
   */
  listInvitations(options?: Options<"listInvitations">): Promise<Result<"listInvitations">>;

  /**
   * Invite someone. Sends a mail with a token that works once, for 7 days. Nobody invites to a role above their own. A seat is taken while the invitation is open.
   */
  createInvitation(options: Options<"createInvitation">): Promise<Result<"createInvitation">>;

  /**
   * Revoke an invitation
   */
  revokeInvitation(options: Options<"revokeInvitation">): Promise<Result<"revokeInvitation">>;

  /**
   * Accept an invitation. Makes you a member. Your verified address must be the one invited. Somebody without an account signs up with `invitation_token` instead.
   */
  acceptInvitation(options: Options<"acceptInvitation">): Promise<Result<"acceptInvitation">>;

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
   * Ask for a verification mail. Sends a mail with a token to your address. Nothing happens when it is verified already.
   */
  requestEmailVerification(options?: Options<"requestEmailVerification">): Promise<Result<"requestEmailVerification">>;

  /**
   * Verify an e-mail address. With the token of a verification mail, within 24 hours.
   */
  verifyEmail(options: Options<"verifyEmail">): Promise<Result<"verifyEmail">>;

  /**
   * Ask for a password reset. Sends a mail with a token, when the address has an account. The answer is the same when it has none.
   */
  requestPasswordReset(options: Options<"requestPasswordReset">): Promise<Result<"requestPasswordReset">>;

  /**
   * Reset a password. With the token of a reset mail, within an hour. Ends every session of the user.
   */
  resetPassword(options: Options<"resetPassword">): Promise<Result<"resetPassword">>;

  /**
   * Change your password. Ends every other session of yours. A wrong present password is a 403, and counts as a failed log-in.
   */
  changePassword(options: Options<"changePassword">): Promise<Result<"changePassword">>;

  /**
   * List your sessions. Where you are logged in, newest first.
   */
  listSessions(options?: Options<"listSessions">): Promise<Result<"listSessions">>;

  /**
   * End a session of yours. From its next request on it is refused.
   */
  endSession(options: Options<"endSession">): Promise<Result<"endSession">>;

  /**
   * Delete your account. Deletes you, your sessions and your keys, for good. While you are the last owner of an organization it is a 409: hand it over or delete it first.
   */
  deleteAccount(options?: Options<"deleteAccount">): Promise<Result<"deleteAccount">>;

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
   * List audit events. Every change in the organization, newest first.
   */
  listAuditEvents(options?: Options<"listAuditEvents">): Promise<Result<"listAuditEvents">>;

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
