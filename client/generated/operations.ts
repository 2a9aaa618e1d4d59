// Made by `npm run generate` from spec/. Do not edit.
import type { AllOptions, Item, Options, Result } from "../types.ts";

/** What all paths begin with. */
export const PREFIX = "/v1/";

/**
 * Each path with its operations. One that begins with `/` goes on where the last other one ended, and `{}` is named by the
 * word before it. Before an operation's id: `<` GET, `=` PUT, `~` PATCH, `!` DELETE, and of POST `+` with an idempotency
 * key, `*` idempotent by nature, `>` neither; in it `$` is the path's last fixed word.
 */
export const TABLE =
  "auth/sign-up>signUp auth/login>login auth/refresh>refreshSession auth/logout*logout auth/verify-email/request*requestEmailVerification auth/verify-email>verifyEmail auth/password-reset/request>requestPasswordReset auth/password-reset>resetPassword auth/password*change$ sessions<list$s /{}!end$ profile!deleteAccount<get$~update$ grants<list$s /{}!revoke$ api-keys<list$s+create$ /{}<get$~update$!delete$ /{}/rotate+rotateApiKey /{}/revoke*revokeApiKey organizations<list$s+create$ organization<get$~update$!delete$ /members<list$s /members/{user_id}~update$!remove$ /leave*leaveOrganization /invitations<list$s+create$ /invitations/{}!revoke$ invitations/accept*acceptInvitation plans<list$s usage<get$ billing/balance<get$ billing/transactions<list$s billing/topup+createTopUp billing/topups<listTopUps /{}<getTopUp billing/auto-reload<get$=set$ billing/plan<getBilling$=changeBilling$ billing/stripe/events*receiveStripe$ audit-events<list$s webhooks<list$s+create$ /{}<get$~update$!delete$ /{}/rotate-secret+rotateWebhookSecret /{}/test+testWebhook events<list$s /stream<streamEvents /{}<get$ webhook-deliveries<list$s /{delivery_id}<getWebhookDelivery /{delivery_id}/redeliver+redeliverWebhook brands<list$s+create$ /{}<get$~update$!delete$ /reorder*reorderBrands personas<list$s+create$ /{}<get$~update$!delete$ sources<list$s+create$ /{}<get$~update$!delete$ source-posts<list$s /{}<get$ /{}/media+importSourcePost$ personas/{}/sync+syncPersona sources/{}/sync+syncSource sync-jobs<list$s /{}<get$ /{}/cancel*cancelSyncJob uploads<list$s+create$ /import+importUpload /{}<get$!delete$ /{}/download-url*create$ /{}/content<downloadUpload /resumable+create$Upload /{}/parts<listUpload$s /{}/parts/{part_number}=putUpload$ /{}/parts/{part_number}/url*createUploadPart$ /{}/parts/{part_number}/content=putSignedUploadPart /{}/complete*completeUpload";

/** By the prefix of an id: the operation that reads it, its parameter, and the states in which it ends, `!` before a failure. */
export const POLLS: Readonly<Record<string, string>> = {
  dlv: "getWebhookDelivery delivery_id delivered !failed",
  upl: "getUpload upload_id ready !failed",
  syn: "getSyncJob sync_job_id completed !failed skipped !canceled",
};

/** What an operation answers whose work goes on after the answer. */
export type Job = Result<"testWebhook"> | Result<"redeliverWebhook"> | Result<"importSourcePostMedia"> | Result<"syncPersona"> | Result<"syncSource"> | Result<"importUpload"> | Result<"completeUpload">;

/** One method an operation, named by its id. */
export interface Operations {
  /**
   * Sign up.
   *
   * Creates a user, their organization and a session. Who may sign up is the operator's choice (`SIGN_UP`): by default the first user alone.
   *
   * `POST /v1/auth/sign-up`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  signUp(options: Options<"signUp">): Promise<Result<"signUp">>;

  /**
   * Log in.
   *
   * Starts a session. A wrong password and an unknown address get the same answer in the same time. After 10 failures in 15 minutes an address or account waits.
   *
   * `POST /v1/auth/login`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `UNAUTHORIZED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  login(options: Options<"login">): Promise<Result<"login">>;

  /**
   * Refresh a session.
   *
   * Exchanges a refresh token for the next pair. A token that was already used ends the whole session: somebody else may hold it.
   *
   * `POST /v1/auth/refresh`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `UNAUTHORIZED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  refreshSession(options: Options<"refreshSession">): Promise<Result<"refreshSession">>;

  /**
   * Log out.
   *
   * Ends this session at once: its access and refresh tokens are refused from the next request on.
   *
   * `POST /v1/auth/logout`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  logout(options?: Options<"logout">): Promise<Result<"logout">>;

  /**
   * Ask for a verification mail.
   *
   * Sends a mail with a token to your address. Nothing happens when it is verified already.
   *
   * `POST /v1/auth/verify-email/request`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  requestEmailVerification(options?: Options<"requestEmailVerification">): Promise<Result<"requestEmailVerification">>;

  /**
   * Verify an e-mail address.
   *
   * With the token of a verification mail, within 24 hours.
   *
   * `POST /v1/auth/verify-email`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `UNAUTHORIZED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  verifyEmail(options: Options<"verifyEmail">): Promise<Result<"verifyEmail">>;

  /**
   * Ask for a password reset.
   *
   * Sends a mail with a token, when the address has an account. The answer is the same when it has none.
   *
   * `POST /v1/auth/password-reset/request`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  requestPasswordReset(options: Options<"requestPasswordReset">): Promise<Result<"requestPasswordReset">>;

  /**
   * Reset a password.
   *
   * With the token of a reset mail, within an hour. Ends every session of the user.
   *
   * `POST /v1/auth/password-reset`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `UNAUTHORIZED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  resetPassword(options: Options<"resetPassword">): Promise<Result<"resetPassword">>;

  /**
   * Change your password.
   *
   * Ends every other session of yours. A wrong present password is a 403, and counts as a failed log-in.
   *
   * `POST /v1/auth/password`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  changePassword(options: Options<"changePassword">): Promise<Result<"changePassword">>;

  /**
   * List your sessions.
   *
   * Where you are logged in, newest first.
   *
   * `GET /v1/sessions`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listSessions: {
    (options?: Options<"listSessions">): Promise<Result<"listSessions">>;
    /** Every item of every page, by cursor: `for await (const item of api.listSessions.all())`. */
    all(options?: AllOptions<"listSessions">): AsyncGenerator<Item<"listSessions">, void, undefined>;
  };

  /**
   * End a session of yours.
   *
   * From its next request on it is refused.
   *
   * `DELETE /v1/sessions/{session_id}`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  endSession(options: Options<"endSession">): Promise<Result<"endSession">>;

  /**
   * Delete your account.
   *
   * Deletes you, your sessions and your keys, for good. While you are the last owner of an organization it is a 409: hand it over or delete it first.
   *
   * `DELETE /v1/profile`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `CONFLICT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteAccount(options?: Options<"deleteAccount">): Promise<Result<"deleteAccount">>;

  /**
   * List the programs that you let in.
   *
   * What you approved on a consent page or by a device's code, in all your organizations, newest first.
   *
   * `GET /v1/grants`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listGrants: {
    (options?: Options<"listGrants">): Promise<Result<"listGrants">>;
    /** Every item of every page, by cursor: `for await (const item of api.listGrants.all())`. */
    all(options?: AllOptions<"listGrants">): AsyncGenerator<Item<"listGrants">, void, undefined>;
  };

  /**
   * Shut a program out.
   *
   * Its tokens are refused from their next request on, and cannot be refreshed. To come back it must ask you again.
   *
   * `DELETE /v1/grants/{grant_id}`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  revokeGrant(options: Options<"revokeGrant">): Promise<Result<"revokeGrant">>;

  /**
   * Get your profile.
   *
   * The user behind the credential, the organization it acts for, and what it may do. The first call to make with a new key.
   *
   * `GET /v1/profile`. Scope: `profile:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getProfile(options?: Options<"getProfile">): Promise<Result<"getProfile">>;

  /**
   * Update your profile.
   *
   * A merge patch (RFC 7396): fields that are absent stay as they are.
   *
   * `PATCH /v1/profile`. Scope: `profile:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateProfile(options: Options<"updateProfile">): Promise<Result<"updateProfile">>;

  /**
   * List API keys.
   *
   * The organization's keys, newest first.
   *
   * `GET /v1/api-keys`. Scope: `api_keys:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listApiKeys: {
    (options?: Options<"listApiKeys">): Promise<Result<"listApiKeys">>;
    /** Every item of every page, by cursor: `for await (const item of api.listApiKeys.all())`. */
    all(options?: AllOptions<"listApiKeys">): AsyncGenerator<Item<"listApiKeys">, void, undefined>;
  };

  /**
   * Create an API key.
   *
   * The answer holds the key, once. Its scopes are explicit and within the caller's own; a key made by a key ends no later than its maker.
   *
   * `POST /v1/api-keys`. Scope: `api_keys:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createApiKey(options: Options<"createApiKey">): Promise<Result<"createApiKey">>;

  /**
   * Get an API key.
   *
   * `GET /v1/api-keys/{api_key_id}`. Scope: `api_keys:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getApiKey(options: Options<"getApiKey">): Promise<Result<"getApiKey">>;

  /**
   * Update an API key.
   *
   * A merge patch (RFC 7396). Nothing brings a revoked or expired key back: both answer 409.
   *
   * `PATCH /v1/api-keys/{api_key_id}`. Scope: `api_keys:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateApiKey(options: Options<"updateApiKey">): Promise<Result<"updateApiKey">>;

  /**
   * Delete an API key.
   *
   * The key stops working at once and leaves the list.
   *
   * `DELETE /v1/api-keys/{api_key_id}`. Scope: `api_keys:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteApiKey(options: Options<"deleteApiKey">): Promise<Result<"deleteApiKey">>;

  /**
   * Rotate an API key.
   *
   * Makes a new key with the same label, scopes and expiry, under a new id. The old one works on for `overlap_seconds`.
   *
   * `POST /v1/api-keys/{api_key_id}/rotate`. Scope: `api_keys:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  rotateApiKey(options: Options<"rotateApiKey">): Promise<Result<"rotateApiKey">>;

  /**
   * Revoke an API key.
   *
   * The key is refused everywhere from the next request on, for good. It stays in the list.
   *
   * `POST /v1/api-keys/{api_key_id}/revoke`. Scope: `api_keys:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  revokeApiKey(options: Options<"revokeApiKey">): Promise<Result<"revokeApiKey">>;

  /**
   * List your organizations.
   *
   * Every organization you are a member of. Name one in `X-Organization-Id` when there are several.
   *
   * `GET /v1/organizations`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listOrganizations(options?: Options<"listOrganizations">): Promise<Result<"listOrganizations">>;

  /**
   * Create an organization.
   *
   * You become its owner. From then on requests name the organization in `X-Organization-Id`.
   *
   * `POST /v1/organizations`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createOrganization(options: Options<"createOrganization">): Promise<Result<"createOrganization">>;

  /**
   * Get the organization.
   *
   * The organization that the credential acts for.
   *
   * `GET /v1/organization`. Scope: `organization:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getOrganization(options?: Options<"getOrganization">): Promise<Result<"getOrganization">>;

  /**
   * Update the organization.
   *
   * `PATCH /v1/organization`. Scope: `organization:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateOrganization(options: Options<"updateOrganization">): Promise<Result<"updateOrganization">>;

  /**
   * Delete the organization.
   *
   * Deletes it with everything in it, at once and for good: what was paid for too, so it wants `billing:write`, which owners alone have. By a session, and only when `confirm` is its exact name. While a subscription pays for its plan it is a 409: change the plan to free first.
   *
   * `DELETE /v1/organization`. Scope: `organization:write` and `billing:write`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `CONFLICT`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteOrganization(options?: Options<"deleteOrganization">): Promise<Result<"deleteOrganization">>;

  /**
   * List members.
   *
   * The members of the organization, oldest user first.
   *
   * `GET /v1/organization/members`. Scope: `organization:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listMembers: {
    (options?: Options<"listMembers">): Promise<Result<"listMembers">>;
    /** Every item of every page, by cursor: `for await (const item of api.listMembers.all())`. */
    all(options?: AllOptions<"listMembers">): AsyncGenerator<Item<"listMembers">, void, undefined>;
  };

  /**
   * Change a member's role.
   *
   * Holds from the member's next request on, for their keys too. Only owners make or unmake owners, and the last one stays.
   *
   * `PATCH /v1/organization/members/{user_id}`. Scope: `organization:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateMember(options: Options<"updateMember">): Promise<Result<"updateMember">>;

  /**
   * Remove a member.
   *
   * Their sessions lose the organization and their keys end, from the next request on. The last owner cannot be removed.
   *
   * `DELETE /v1/organization/members/{user_id}`. Scope: `organization:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  removeMember(options: Options<"removeMember">): Promise<Result<"removeMember">>;

  /**
   * Leave the organization.
   *
   * Ends your own membership. The last owner cannot leave: hand the organization over, or delete it.
   *
   * `POST /v1/organization/leave`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `CONFLICT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  leaveOrganization(options?: Options<"leaveOrganization">): Promise<Result<"leaveOrganization">>;

  /**
   * List invitations.
   *
   * The organization's invitations, newest first.
   *
   * `GET /v1/organization/invitations`. Scope: `organization:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listInvitations: {
    (options?: Options<"listInvitations">): Promise<Result<"listInvitations">>;
    /** Every item of every page, by cursor: `for await (const item of api.listInvitations.all())`. */
    all(options?: AllOptions<"listInvitations">): AsyncGenerator<Item<"listInvitations">, void, undefined>;
  };

  /**
   * Invite someone.
   *
   * Sends a mail with a token that works once, for 7 days. Nobody invites to a role above their own. A seat is taken while the invitation is open.
   *
   * `POST /v1/organization/invitations`. Scope: `organization:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createInvitation(options: Options<"createInvitation">): Promise<Result<"createInvitation">>;

  /**
   * Revoke an invitation.
   *
   * While it is not accepted; afterwards it is a 404: remove the member instead.
   *
   * `DELETE /v1/organization/invitations/{invitation_id}`. Scope: `organization:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  revokeInvitation(options: Options<"revokeInvitation">): Promise<Result<"revokeInvitation">>;

  /**
   * Accept an invitation.
   *
   * Makes you a member. Your verified address must be the one invited. Somebody without an account signs up with `invitation_token` instead.
   *
   * `POST /v1/invitations/accept`. Sessions only: an API key is refused.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  acceptInvitation(options: Options<"acceptInvitation">): Promise<Result<"acceptInvitation">>;

  /**
   * List plans.
   *
   * What each plan gives. No credential is needed.
   *
   * `GET /v1/plans`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listPlans(options?: Options<"listPlans">): Promise<Result<"listPlans">>;

  /**
   * Get the organization's use of its plan.
   *
   * `GET /v1/usage`. Scope: `organization:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getUsage(options?: Options<"getUsage">): Promise<Result<"getUsage">>;

  /**
   * Get the balance.
   *
   * How many credits are left to spend, and how many are held for work that is under way.
   *
   * `GET /v1/billing/balance`. Scope: `billing:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getBalance(options?: Options<"getBalance">): Promise<Result<"getBalance">>;

  /**
   * List movements of credits.
   *
   * Newest first.
   *
   * `GET /v1/billing/transactions`. Scope: `billing:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listTransactions: {
    (options?: Options<"listTransactions">): Promise<Result<"listTransactions">>;
    /** Every item of every page, by cursor: `for await (const item of api.listTransactions.all())`. */
    all(options?: AllOptions<"listTransactions">): AsyncGenerator<Item<"listTransactions">, void, undefined>;
  };

  /**
   * Buy credits.
   *
   * Pay at `checkout_url`; the credits are there when the payment is. With `manual`, the operator grants them.
   *
   * `POST /v1/billing/topup`. Scope: `billing:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createTopUp(options: Options<"createTopUp">): Promise<Result<"createTopUp">>;

  /**
   * List top-ups.
   *
   * Newest first.
   *
   * `GET /v1/billing/topups`. Scope: `billing:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listTopUps: {
    (options?: Options<"listTopUps">): Promise<Result<"listTopUps">>;
    /** Every item of every page, by cursor: `for await (const item of api.listTopUps.all())`. */
    all(options?: AllOptions<"listTopUps">): AsyncGenerator<Item<"listTopUps">, void, undefined>;
  };

  /**
   * Get a top-up.
   *
   * `GET /v1/billing/topups/{topup_id}`. Scope: `billing:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getTopUp(options: Options<"getTopUp">): Promise<Result<"getTopUp">>;

  /**
   * Get auto-reload settings.
   *
   * `GET /v1/billing/auto-reload`. Scope: `billing:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getAutoReload(options?: Options<"getAutoReload">): Promise<Result<"getAutoReload">>;

  /**
   * Set auto-reload.
   *
   * `PUT /v1/billing/auto-reload`. Scope: `billing:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  setAutoReload(options: Options<"setAutoReload">): Promise<Result<"setAutoReload">>;

  /**
   * Get the plan.
   *
   * `GET /v1/billing/plan`. Scope: `billing:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getBillingPlan(options?: Options<"getBillingPlan">): Promise<Result<"getBillingPlan">>;

  /**
   * Change the plan.
   *
   * To a smaller plan at once. To a larger one when it is paid for: at `checkout_url`; with `manual` that is
   * the operator's to do (403).
   *
   * `PUT /v1/billing/plan`. Scope: `billing:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  changeBillingPlan(options: Options<"changeBillingPlan">): Promise<Result<"changeBillingPlan">>;

  /**
   * Take an event of Stripe's.
   *
   * Set this address in Stripe's dashboard. A bad `Stripe-Signature` is a 401; an event that came before is a 200. When Stripe cannot be asked what it is about, it is a 503, and Stripe sends it again.
   *
   * `POST /v1/billing/stripe/events`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `UNAUTHORIZED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  receiveStripeEvent(options: Options<"receiveStripeEvent">): Promise<Result<"receiveStripeEvent">>;

  /**
   * List audit events.
   *
   * Every change in the organization, newest first.
   *
   * `GET /v1/audit-events`. Scope: `audit:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listAuditEvents: {
    (options?: Options<"listAuditEvents">): Promise<Result<"listAuditEvents">>;
    /** Every item of every page, by cursor: `for await (const item of api.listAuditEvents.all())`. */
    all(options?: AllOptions<"listAuditEvents">): AsyncGenerator<Item<"listAuditEvents">, void, undefined>;
  };

  /**
   * List webhook endpoints.
   *
   * Newest first.
   *
   * `GET /v1/webhooks`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listWebhooks: {
    (options?: Options<"listWebhooks">): Promise<Result<"listWebhooks">>;
    /** Every item of every page, by cursor: `for await (const item of api.listWebhooks.all())`. */
    all(options?: AllOptions<"listWebhooks">): AsyncGenerator<Item<"listWebhooks">, void, undefined>;
  };

  /**
   * Create a webhook endpoint.
   *
   * Its secret is in the answer, this once. Addresses inside the server's own network are refused (400). An
   * organization has at most 50 endpoints (409).
   *
   * `POST /v1/webhooks`. Scope: `webhooks:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createWebhook(options: Options<"createWebhook">): Promise<Result<"createWebhook">>;

  /**
   * Get a webhook endpoint.
   *
   * `GET /v1/webhooks/{webhook_id}`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getWebhook(options: Options<"getWebhook">): Promise<Result<"getWebhook">>;

  /**
   * Update a webhook endpoint.
   *
   * A merge patch (RFC 7396). Enabled again, it is told of what happens from then on; send the rest again.
   *
   * `PATCH /v1/webhooks/{webhook_id}`. Scope: `webhooks:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateWebhook(options: Options<"updateWebhook">): Promise<Result<"updateWebhook">>;

  /**
   * Delete a webhook endpoint.
   *
   * Its deliveries go with it, sent or not.
   *
   * `DELETE /v1/webhooks/{webhook_id}`. Scope: `webhooks:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteWebhook(options: Options<"deleteWebhook">): Promise<Result<"deleteWebhook">>;

  /**
   * Rotate a webhook endpoint's secret.
   *
   * While the former secret still signs, each delivery carries two signatures; verifying either is enough.
   *
   * `POST /v1/webhooks/{webhook_id}/rotate-secret`. Scope: `webhooks:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  rotateWebhookSecret(options: Options<"rotateWebhookSecret">): Promise<Result<"rotateWebhookSecret">>;

  /**
   * Send a test event.
   *
   * Sends `webhook.test` to this endpoint alone, whatever events it is told of. A disabled one is a 409.
   *
   * `POST /v1/webhooks/{webhook_id}/test`. Scope: `webhooks:write`. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  testWebhook(options: Options<"testWebhook">): Promise<Result<"testWebhook">>;

  /**
   * List events.
   *
   * What happened in the last 30 days, newest first, whether or not an endpoint was told.
   *
   * `GET /v1/events`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listEvents: {
    (options?: Options<"listEvents">): Promise<Result<"listEvents">>;
    /** Every item of every page, by cursor: `for await (const item of api.listEvents.all())`. */
    all(options?: AllOptions<"listEvents">): AsyncGenerator<Item<"listEvents">, void, undefined>;
  };

  /**
   * Stream events.
   *
   * Events as they happen, a second later at most, as server-sent events: `event` is the type, `data` the event, and `id`
   * where `Last-Event-ID` goes on, without a gap and without a repeat. Every 15 seconds without one there is a comment. A stream ends after
   * 15 minutes, when your credential does, and when the server stops: connect again. An organization has at most 20 at once (429).
   *
   * `GET /v1/events/stream`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  streamEvents(options?: Options<"streamEvents">): Promise<Result<"streamEvents">>;

  /**
   * Get an event.
   *
   * `GET /v1/events/{event_id}`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getEvent(options: Options<"getEvent">): Promise<Result<"getEvent">>;

  /**
   * List deliveries.
   *
   * Newest first.
   *
   * `GET /v1/webhook-deliveries`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listWebhookDeliveries: {
    (options?: Options<"listWebhookDeliveries">): Promise<Result<"listWebhookDeliveries">>;
    /** Every item of every page, by cursor: `for await (const item of api.listWebhookDeliveries.all())`. */
    all(options?: AllOptions<"listWebhookDeliveries">): AsyncGenerator<Item<"listWebhookDeliveries">, void, undefined>;
  };

  /**
   * Get a delivery with its attempts.
   *
   * `GET /v1/webhook-deliveries/{delivery_id}`. Scope: `webhooks:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getWebhookDelivery(options: Options<"getWebhookDelivery">): Promise<Result<"getWebhookDelivery">>;

  /**
   * Send a delivery again.
   *
   * With the same `webhook-id`, whether it got through or not. To a disabled endpoint it is a 409.
   *
   * `POST /v1/webhook-deliveries/{delivery_id}/redeliver`. Scope: `webhooks:write`. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  redeliverWebhook(options: Options<"redeliverWebhook">): Promise<Result<"redeliverWebhook">>;

  /**
   * List brands.
   *
   * The organization's brands in their order.
   *
   * `GET /v1/brands`. Scope: `brands:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listBrands: {
    (options?: Options<"listBrands">): Promise<Result<"listBrands">>;
    /** Every item of every page, by cursor: `for await (const item of api.listBrands.all())`. */
    all(options?: AllOptions<"listBrands">): AsyncGenerator<Item<"listBrands">, void, undefined>;
  };

  /**
   * Create a brand.
   *
   * The new brand comes last in the order. A slug that is taken is a 409.
   *
   * `POST /v1/brands`. Scope: `brands:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createBrand(options: Options<"createBrand">): Promise<Result<"createBrand">>;

  /**
   * Get a brand.
   *
   * `GET /v1/brands/{brand_id}`. Scope: `brands:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getBrand(options: Options<"getBrand">): Promise<Result<"getBrand">>;

  /**
   * Update a brand.
   *
   * A merge patch (RFC 7396): absent keeps, null clears.
   *
   * `PATCH /v1/brands/{brand_id}`. Scope: `brands:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateBrand(options: Options<"updateBrand">): Promise<Result<"updateBrand">>;

  /**
   * Delete a brand.
   *
   * A brand that still has personas is a 409: delete them first, or archive the brand.
   *
   * `DELETE /v1/brands/{brand_id}`. Scope: `brands:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteBrand(options: Options<"deleteBrand">): Promise<Result<"deleteBrand">>;

  /**
   * Reorder brands.
   *
   * Takes the id of every brand, in the order wanted. A list that misses one, or names one that is not there, is a 409.
   *
   * `POST /v1/brands/reorder`. Scope: `brands:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  reorderBrands(options: Options<"reorderBrands">): Promise<Result<"reorderBrands">>;

  /**
   * List personas.
   *
   * The organization's personas, newest first.
   *
   * `GET /v1/personas`. Scope: `personas:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listPersonas: {
    (options?: Options<"listPersonas">): Promise<Result<"listPersonas">>;
    /** Every item of every page, by cursor: `for await (const item of api.listPersonas.all())`. */
    all(options?: AllOptions<"listPersonas">): AsyncGenerator<Item<"listPersonas">, void, undefined>;
  };

  /**
   * Create a persona.
   *
   * A name that the brand already has is a 409, and so is an archived brand. Another brand may have it too.
   *
   * `POST /v1/personas`. Scope: `personas:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createPersona(options: Options<"createPersona">): Promise<Result<"createPersona">>;

  /**
   * Get a persona.
   *
   * `GET /v1/personas/{persona_id}`. Scope: `personas:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getPersona(options: Options<"getPersona">): Promise<Result<"getPersona">>;

  /**
   * Update a persona.
   *
   * A merge patch (RFC 7396): absent keeps, null clears.
   *
   * `PATCH /v1/personas/{persona_id}`. Scope: `personas:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updatePersona(options: Options<"updatePersona">): Promise<Result<"updatePersona">>;

  /**
   * Delete a persona.
   *
   * While it has sources it is a 409: delete them first, or archive the persona.
   *
   * `DELETE /v1/personas/{persona_id}`. Scope: `personas:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deletePersona(options: Options<"deletePersona">): Promise<Result<"deletePersona">>;

  /**
   * List sources.
   *
   * The organization's sources, newest first.
   *
   * `GET /v1/sources`. Scope: `sources:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listSources: {
    (options?: Options<"listSources">): Promise<Result<"listSources">>;
    /** Every item of every page, by cursor: `for await (const item of api.listSources.all())`. */
    all(options?: AllOptions<"listSources">): AsyncGenerator<Item<"listSources">, void, undefined>;
  };

  /**
   * Create a source.
   *
   * The feed is not fetched here: start a sync. A persona has at most 20 sources, each feed once (409).
   * An archived persona, or one of an archived brand, takes none (409). Addresses inside the server's own network are refused
   * (400). Where neither kind of schedule is sent it is synced every
   * 60 minutes; null for one, or for both, means none.
   *
   * `POST /v1/sources`. Scope: `sources:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createSource(options: Options<"createSource">): Promise<Result<"createSource">>;

  /**
   * Get a source.
   *
   * `GET /v1/sources/{source_id}`. Scope: `sources:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getSource(options: Options<"getSource">): Promise<Result<"getSource">>;

  /**
   * Update a source.
   *
   * A merge patch (RFC 7396). Another `url` is another feed: it is read from its beginning, and posts stay; what was known of the former one (`title`, `format`, `last_synced_at`, `last_error`) is null again. A source has one schedule: to change its kind, set the other to null.
   *
   * `PATCH /v1/sources/{source_id}`. Scope: `sources:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  updateSource(options: Options<"updateSource">): Promise<Result<"updateSource">>;

  /**
   * Delete a source.
   *
   * Its posts go with it. Files that were fetched from them stay.
   *
   * `DELETE /v1/sources/{source_id}`. Scope: `sources:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteSource(options: Options<"deleteSource">): Promise<Result<"deleteSource">>;

  /**
   * List source posts.
   *
   * What sources brought, the newest find first.
   *
   * `GET /v1/source-posts`. Scope: `sources:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listSourcePosts: {
    (options?: Options<"listSourcePosts">): Promise<Result<"listSourcePosts">>;
    /** Every item of every page, by cursor: `for await (const item of api.listSourcePosts.all())`. */
    all(options?: AllOptions<"listSourcePosts">): AsyncGenerator<Item<"listSourcePosts">, void, undefined>;
  };

  /**
   * Get a source post.
   *
   * `GET /v1/source-posts/{source_post_id}`. Scope: `sources:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getSourcePost(options: Options<"getSourcePost">): Promise<Result<"getSourcePost">>;

  /**
   * Fetch a file of a source post.
   *
   * Makes an upload of it, as `importUpload` does with its address.
   *
   * `POST /v1/source-posts/{source_post_id}/media`. Scope: `sources:read` and `uploads:write`. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  importSourcePostMedia(options: Options<"importSourcePostMedia">): Promise<Result<"importSourcePostMedia">>;

  /**
   * Sync a persona's sources.
   *
   * Fetches every active source of the persona; those synced less than 15 minutes ago are skipped
   * unless forced. While one such run goes on, another is a 409 that names it in `details.sync_job_id`, and so is a persona
   * that is archived, or whose brand is. Without an active source there is nothing to do, and it is skipped.
   *
   * `POST /v1/personas/{persona_id}/sync`. Scope: `sync:write`. Costs up to 20 credits: one for each source that is fetched, none for one that is skipped or fails. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `INSUFFICIENT_BALANCE`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  syncPersona(options: Options<"syncPersona">): Promise<Result<"syncPersona">>;

  /**
   * Sync a source.
   *
   * Skipped when it was synced less than 15 minutes ago, unless forced. While a run over it goes on,
   * another is a 409 that names it in `details.sync_job_id`, and so is a paused source, or one whose persona or brand is
   * archived.
   *
   * `POST /v1/sources/{source_id}/sync`. Scope: `sync:write`. Costs up to 1 credits: one when it is fetched, none when it is skipped or fails. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `INSUFFICIENT_BALANCE`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  syncSource(options: Options<"syncSource">): Promise<Result<"syncSource">>;

  /**
   * List sync jobs.
   *
   * Newest first.
   *
   * `GET /v1/sync-jobs`. Scope: `sources:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listSyncJobs: {
    (options?: Options<"listSyncJobs">): Promise<Result<"listSyncJobs">>;
    /** Every item of every page, by cursor: `for await (const item of api.listSyncJobs.all())`. */
    all(options?: AllOptions<"listSyncJobs">): AsyncGenerator<Item<"listSyncJobs">, void, undefined>;
  };

  /**
   * Get a sync job.
   *
   * `GET /v1/sync-jobs/{sync_job_id}`. Scope: `sources:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getSyncJob(options: Options<"getSyncJob">): Promise<Result<"getSyncJob">>;

  /**
   * Cancel a sync job.
   *
   * Posts that came before stay, and so does the cost of the sources that were fetched: the other ones count as skipped, and the credits held for them are given back. An ended one is a 409.
   *
   * `POST /v1/sync-jobs/{sync_job_id}/cancel`. Scope: `sync:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  cancelSyncJob(options: Options<"cancelSyncJob">): Promise<Result<"cancelSyncJob">>;

  /**
   * List uploads.
   *
   * The organization's files, newest first.
   *
   * `GET /v1/uploads`. Scope: `uploads:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listUploads: {
    (options?: Options<"listUploads">): Promise<Result<"listUploads">>;
    /** Every item of every page, by cursor: `for await (const item of api.listUploads.all())`. */
    all(options?: AllOptions<"listUploads">): AsyncGenerator<Item<"listUploads">, void, undefined>;
  };

  /**
   * Upload a file.
   *
   * In one request, within two minutes: send larger files in parts. What is not of an allowed type by its bytes
   * is a 415, more than the plan allows for one file a 413, more than it keeps in all a 403.
   *
   * `POST /v1/uploads`. Scope: `uploads:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createUpload(options: Options<"createUpload">): Promise<Result<"createUpload">>;

  /**
   * Fetch a file from an address.
   *
   * The server fetches it. Addresses inside the server's own network are refused (400). Without a `filename` it is called as the last piece of the address's path.
   *
   * `POST /v1/uploads/import`. Scope: `uploads:write`. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  importUpload(options: Options<"importUpload">): Promise<Result<"importUpload">>;

  /**
   * Get an upload.
   *
   * `GET /v1/uploads/{upload_id}`. Scope: `uploads:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  getUpload(options: Options<"getUpload">): Promise<Result<"getUpload">>;

  /**
   * Delete an upload.
   *
   * Aborts one that is not complete, with every part that has come.
   *
   * `DELETE /v1/uploads/{upload_id}`. Scope: `uploads:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  deleteUpload(options: Options<"deleteUpload">): Promise<Result<"deleteUpload">>;

  /**
   * Get an address to download a file from.
   *
   * Good for 15 minutes, without a credential. An upload that is not ready is a 409.
   *
   * `POST /v1/uploads/{upload_id}/download-url`. Scope: `uploads:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createDownloadUrl(options: Options<"createDownloadUrl">): Promise<Result<"createDownloadUrl">>;

  /**
   * Download a file by its address.
   *
   * What `createDownloadUrl` leads to where files are kept in a folder. Always an attachment, never a page.
   *
   * `GET /v1/uploads/{upload_id}/content`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `FORBIDDEN`, `NOT_FOUND`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  downloadUpload(options: Options<"downloadUpload">): Promise<Result<"downloadUpload">>;

  /**
   * Begin an upload in parts.
   *
   * Then send every part (in any order, again where one broke off), and complete it. The same on every store.
   * `Upload.parts` says how large the parts are. What is not completed in 24 hours is dropped; deleting it aborts it. A file larger than the plan allows is a 413, more than it
   * keeps in all a 403; the bytes count as used from now on.
   *
   * `POST /v1/uploads/resumable`. Scope: `uploads:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createResumableUpload(options: Options<"createResumableUpload">): Promise<Result<"createResumableUpload">>;

  /**
   * List the parts that have come.
   *
   * What to resume from. Parts sent straight to the store are seen too.
   *
   * `GET /v1/uploads/{upload_id}/parts`. Scope: `uploads:read`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  listUploadParts(options: Options<"listUploadParts">): Promise<Result<"listUploadParts">>;

  /**
   * Send a part.
   *
   * A part that is sent again takes the place of the former. One that breaks off leaves the former as it was. Too many bytes are a 413, too few a 400, and so is a part that the upload does not have. Once it is complete, no part comes any more (409).
   *
   * `PUT /v1/uploads/{upload_id}/parts/{part_number}`. Scope: `uploads:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  putUploadPart(options: Options<"putUploadPart">): Promise<Result<"putUploadPart">>;

  /**
   * Get an address to send a part to.
   *
   * Good for an hour, without a credential: for browsers, and straight to the store where that is S3.
   *
   * `POST /v1/uploads/{upload_id}/parts/{part_number}/url`. Scope: `uploads:write`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `RATE_LIMITED`, `INTERNAL_ERROR`, `SERVICE_UNAVAILABLE`
   */
  createUploadPartUrl(options: Options<"createUploadPartUrl">): Promise<Result<"createUploadPartUrl">>;

  /**
   * Send a part by its address.
   *
   * What `createUploadPartUrl` leads to where files are kept in a folder.
   *
   * `PUT /v1/uploads/{upload_id}/parts/{part_number}/content`.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `FORBIDDEN`, `NOT_FOUND`, `CONFLICT`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  putSignedUploadPart(options: Options<"putSignedUploadPart">): Promise<Result<"putSignedUploadPart">>;

  /**
   * Complete an upload in parts.
   *
   * Every part must have come: a 409 names those missing in `details.missing`. The bytes are then checked; follow the upload. Completing it again changes nothing.
   *
   * `POST /v1/uploads/{upload_id}/complete`. Scope: `uploads:write`. Goes on after the answer: `waitFor` follows it.
   *
   * @throws {ApiError} `VALIDATION_ERROR`, `INVALID_API_KEY`, `UNAUTHORIZED`, `FORBIDDEN`, `PLAN_LIMIT`, `NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `RATE_LIMITED`, `INTERNAL_ERROR`, `UPSTREAM_ERROR`, `SERVICE_UNAVAILABLE`
   */
  completeUpload(options: Options<"completeUpload">): Promise<Result<"completeUpload">>;
}
