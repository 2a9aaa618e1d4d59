// Made by `npm run generate` from spec/. Do not edit.
import type { Options, Result } from "../types.ts";

/** Method and path of every operation. */
export const OPERATIONS = {
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
  getProfile: ["get", "/v1/profile"],
  updateProfile: ["patch", "/v1/profile"],
  listApiKeys: ["get", "/v1/api-keys"],
  createApiKey: ["post", "/v1/api-keys"],
  getApiKey: ["get", "/v1/api-keys/{api_key_id}"],
  updateApiKey: ["patch", "/v1/api-keys/{api_key_id}"],
  deleteApiKey: ["delete", "/v1/api-keys/{api_key_id}"],
  rotateApiKey: ["post", "/v1/api-keys/{api_key_id}/rotate"],
  revokeApiKey: ["post", "/v1/api-keys/{api_key_id}/revoke"],
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
  listPlans: ["get", "/v1/plans"],
  getUsage: ["get", "/v1/usage"],
  getBalance: ["get", "/v1/billing/balance"],
  listTransactions: ["get", "/v1/billing/transactions"],
  createTopUp: ["post", "/v1/billing/topup"],
  listTopUps: ["get", "/v1/billing/topups"],
  getTopUp: ["get", "/v1/billing/topups/{topup_id}"],
  getAutoReload: ["get", "/v1/billing/auto-reload"],
  setAutoReload: ["put", "/v1/billing/auto-reload"],
  getBillingPlan: ["get", "/v1/billing/plan"],
  changeBillingPlan: ["put", "/v1/billing/plan"],
  receiveStripeEvent: ["post", "/v1/billing/stripe/events"],
  listAuditEvents: ["get", "/v1/audit-events"],
  listWebhooks: ["get", "/v1/webhooks"],
  createWebhook: ["post", "/v1/webhooks"],
  getWebhook: ["get", "/v1/webhooks/{webhook_id}"],
  updateWebhook: ["patch", "/v1/webhooks/{webhook_id}"],
  deleteWebhook: ["delete", "/v1/webhooks/{webhook_id}"],
  rotateWebhookSecret: ["post", "/v1/webhooks/{webhook_id}/rotate-secret"],
  testWebhook: ["post", "/v1/webhooks/{webhook_id}/test"],
  listEvents: ["get", "/v1/events"],
  getEvent: ["get", "/v1/events/{event_id}"],
  listWebhookDeliveries: ["get", "/v1/webhook-deliveries"],
  getWebhookDelivery: ["get", "/v1/webhook-deliveries/{delivery_id}"],
  redeliverWebhook: ["post", "/v1/webhook-deliveries/{delivery_id}/redeliver"],
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
  listSources: ["get", "/v1/sources"],
  createSource: ["post", "/v1/sources"],
  getSource: ["get", "/v1/sources/{source_id}"],
  updateSource: ["patch", "/v1/sources/{source_id}"],
  deleteSource: ["delete", "/v1/sources/{source_id}"],
  listSourcePosts: ["get", "/v1/source-posts"],
  getSourcePost: ["get", "/v1/source-posts/{source_post_id}"],
  importSourcePostMedia: ["post", "/v1/source-posts/{source_post_id}/media"],
  syncPersona: ["post", "/v1/personas/{persona_id}/sync"],
  syncSource: ["post", "/v1/sources/{source_id}/sync"],
  listSyncJobs: ["get", "/v1/sync-jobs"],
  getSyncJob: ["get", "/v1/sync-jobs/{sync_job_id}"],
  cancelSyncJob: ["post", "/v1/sync-jobs/{sync_job_id}/cancel"],
  listUploads: ["get", "/v1/uploads"],
  createUpload: ["post", "/v1/uploads"],
  importUpload: ["post", "/v1/uploads/import"],
  getUpload: ["get", "/v1/uploads/{upload_id}"],
  deleteUpload: ["delete", "/v1/uploads/{upload_id}"],
  createDownloadUrl: ["post", "/v1/uploads/{upload_id}/download-url"],
  downloadUpload: ["get", "/v1/uploads/{upload_id}/content"],
  createResumableUpload: ["post", "/v1/uploads/resumable"],
  listUploadParts: ["get", "/v1/uploads/{upload_id}/parts"],
  putUploadPart: ["put", "/v1/uploads/{upload_id}/parts/{part_number}"],
  createUploadPartUrl: ["post", "/v1/uploads/{upload_id}/parts/{part_number}/url"],
  putSignedUploadPart: ["put", "/v1/uploads/{upload_id}/parts/{part_number}/content"],
  completeUpload: ["post", "/v1/uploads/{upload_id}/complete"],
} as const;

/** One method an operation, named by its id. */
export interface Operations {
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
   * Get your profile. The user behind the credential, the organization it acts for, and what it may do. The first call to make with a new key.
   */
  getProfile(options?: Options<"getProfile">): Promise<Result<"getProfile">>;

  /**
   * Update your profile. A merge patch (RFC 7396): fields that are absent stay as they are.
   */
  updateProfile(options: Options<"updateProfile">): Promise<Result<"updateProfile">>;

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
   * Delete the organization. Deletes it with everything in it, at once and for good: what was paid for too, so it wants `billing:write`, which owners alone have. By a session, and only when `confirm` is its exact name. While a subscription pays for its plan it is a 409: change the plan to free first.
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
   * List plans. What each plan gives. No credential is needed.
   */
  listPlans(options?: Options<"listPlans">): Promise<Result<"listPlans">>;

  /**
   * Get the organization's use of its plan
   */
  getUsage(options?: Options<"getUsage">): Promise<Result<"getUsage">>;

  /**
   * Get the balance
   */
  getBalance(options?: Options<"getBalance">): Promise<Result<"getBalance">>;

  /**
   * List movements of credits. Newest first.
   */
  listTransactions(options?: Options<"listTransactions">): Promise<Result<"listTransactions">>;

  /**
   * Buy credits. Pay at `checkout_url`; the credits are there when the payment is. With `manual`, the operator grants them.
   */
  createTopUp(options: Options<"createTopUp">): Promise<Result<"createTopUp">>;

  /**
   * List top-ups. Newest first.
   */
  listTopUps(options?: Options<"listTopUps">): Promise<Result<"listTopUps">>;

  /**
   * Get a top-up
   */
  getTopUp(options: Options<"getTopUp">): Promise<Result<"getTopUp">>;

  /**
   * Get auto-reload settings
   */
  getAutoReload(options?: Options<"getAutoReload">): Promise<Result<"getAutoReload">>;

  /**
   * Set auto-reload
   */
  setAutoReload(options: Options<"setAutoReload">): Promise<Result<"setAutoReload">>;

  /**
   * Get the plan
   */
  getBillingPlan(options?: Options<"getBillingPlan">): Promise<Result<"getBillingPlan">>;

  /**
   * Change the plan. To a smaller plan at once. To a larger one when it is paid for: at `checkout_url`; with `manual` that is
the operator's to do (403).
   */
  changeBillingPlan(options: Options<"changeBillingPlan">): Promise<Result<"changeBillingPlan">>;

  /**
   * Take an event of Stripe's. Set this address in Stripe's dashboard. A bad `Stripe-Signature` is a 401; an event that came before is a 200. When Stripe cannot be asked what it is about, it is a 503, and Stripe sends it again.
   */
  receiveStripeEvent(options: Options<"receiveStripeEvent">): Promise<Result<"receiveStripeEvent">>;

  /**
   * List audit events. Every change in the organization, newest first.
   */
  listAuditEvents(options?: Options<"listAuditEvents">): Promise<Result<"listAuditEvents">>;

  /**
   * List webhook endpoints. Newest first.
   */
  listWebhooks(options?: Options<"listWebhooks">): Promise<Result<"listWebhooks">>;

  /**
   * Create a webhook endpoint. Its secret is in the answer, this once. Addresses inside the server's own network are refused (400). An
organization has at most 50 endpoints (409).
   */
  createWebhook(options: Options<"createWebhook">): Promise<Result<"createWebhook">>;

  /**
   * Get a webhook endpoint
   */
  getWebhook(options: Options<"getWebhook">): Promise<Result<"getWebhook">>;

  /**
   * Update a webhook endpoint. A merge patch (RFC 7396). Enabled again, it is told of what happens from then on; send the rest again.
   */
  updateWebhook(options: Options<"updateWebhook">): Promise<Result<"updateWebhook">>;

  /**
   * Delete a webhook endpoint. Its deliveries go with it, sent or not.
   */
  deleteWebhook(options: Options<"deleteWebhook">): Promise<Result<"deleteWebhook">>;

  /**
   * Rotate a webhook endpoint's secret. While the former secret still signs, each delivery carries two signatures; verifying either is enough.
   */
  rotateWebhookSecret(options: Options<"rotateWebhookSecret">): Promise<Result<"rotateWebhookSecret">>;

  /**
   * Send a test event. Sends `webhook.test` to this endpoint alone, whatever events it is told of. A disabled one is a 409.
   */
  testWebhook(options: Options<"testWebhook">): Promise<Result<"testWebhook">>;

  /**
   * List events. What happened in the last 30 days, newest first, whether or not an endpoint was told.
   */
  listEvents(options?: Options<"listEvents">): Promise<Result<"listEvents">>;

  /**
   * Get an event
   */
  getEvent(options: Options<"getEvent">): Promise<Result<"getEvent">>;

  /**
   * List deliveries. Newest first.
   */
  listWebhookDeliveries(options?: Options<"listWebhookDeliveries">): Promise<Result<"listWebhookDeliveries">>;

  /**
   * Get a delivery with its attempts
   */
  getWebhookDelivery(options: Options<"getWebhookDelivery">): Promise<Result<"getWebhookDelivery">>;

  /**
   * Send a delivery again. With the same `webhook-id`, whether it got through or not. To a disabled endpoint it is a 409.
   */
  redeliverWebhook(options: Options<"redeliverWebhook">): Promise<Result<"redeliverWebhook">>;

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
   * Delete a persona. While it has sources it is a 409: delete them first, or archive the persona.
   */
  deletePersona(options: Options<"deletePersona">): Promise<Result<"deletePersona">>;

  /**
   * List sources. The organization's sources, newest first.
   */
  listSources(options?: Options<"listSources">): Promise<Result<"listSources">>;

  /**
   * Create a source. The feed is not fetched here: start a sync. A persona has at most 20 sources, each feed once (409).
Addresses inside the server's own network are refused (400). Without a schedule it is synced every 60 minutes;
send both as null for none.
   */
  createSource(options: Options<"createSource">): Promise<Result<"createSource">>;

  /**
   * Get a source
   */
  getSource(options: Options<"getSource">): Promise<Result<"getSource">>;

  /**
   * Update a source. A merge patch (RFC 7396). Another `url` is another feed: it is read from its beginning, and posts stay. A source has one schedule: to change its kind, set the other to null.
   */
  updateSource(options: Options<"updateSource">): Promise<Result<"updateSource">>;

  /**
   * Delete a source. Its posts go with it. Files that were fetched from them stay.
   */
  deleteSource(options: Options<"deleteSource">): Promise<Result<"deleteSource">>;

  /**
   * List source posts. What sources brought, the newest find first.
   */
  listSourcePosts(options?: Options<"listSourcePosts">): Promise<Result<"listSourcePosts">>;

  /**
   * Get a source post
   */
  getSourcePost(options: Options<"getSourcePost">): Promise<Result<"getSourcePost">>;

  /**
   * Fetch a file of a source post. Makes an upload of it, as `importUpload` does with its address.
   */
  importSourcePostMedia(options: Options<"importSourcePostMedia">): Promise<Result<"importSourcePostMedia">>;

  /**
   * Sync a persona's sources. Fetches every active source of the persona; those synced less than 15 minutes ago are skipped
unless forced. While one such run goes on, another is a 409 that names it, and so is an archived persona.
   */
  syncPersona(options: Options<"syncPersona">): Promise<Result<"syncPersona">>;

  /**
   * Sync a source. Skipped when it was synced less than 15 minutes ago, unless forced. While a run over it goes on,
another is a 409 that names it, and so is a paused source.
   */
  syncSource(options: Options<"syncSource">): Promise<Result<"syncSource">>;

  /**
   * List sync jobs. Newest first.
   */
  listSyncJobs(options?: Options<"listSyncJobs">): Promise<Result<"listSyncJobs">>;

  /**
   * Get a sync job
   */
  getSyncJob(options: Options<"getSyncJob">): Promise<Result<"getSyncJob">>;

  /**
   * Cancel a sync job. Posts that came before stay, and so does the cost of the sources that were fetched. An ended one is a 409.
   */
  cancelSyncJob(options: Options<"cancelSyncJob">): Promise<Result<"cancelSyncJob">>;

  /**
   * List uploads. The organization's files, newest first.
   */
  listUploads(options?: Options<"listUploads">): Promise<Result<"listUploads">>;

  /**
   * Upload a file. In one request, within two minutes: send larger files in parts. What is not of an allowed type by its bytes
is a 415, more than the plan allows for one file a 413, more than it keeps in all a 403.
   */
  createUpload(options: Options<"createUpload">): Promise<Result<"createUpload">>;

  /**
   * Fetch a file from an address. The server fetches it. Addresses inside the server's own network are refused (400).
   */
  importUpload(options: Options<"importUpload">): Promise<Result<"importUpload">>;

  /**
   * Get an upload
   */
  getUpload(options: Options<"getUpload">): Promise<Result<"getUpload">>;

  /**
   * Delete an upload. Aborts one that is not complete, with every part that has come.
   */
  deleteUpload(options: Options<"deleteUpload">): Promise<Result<"deleteUpload">>;

  /**
   * Get an address to download a file from. Good for 15 minutes, without a credential. An upload that is not ready is a 409.
   */
  createDownloadUrl(options: Options<"createDownloadUrl">): Promise<Result<"createDownloadUrl">>;

  /**
   * Download a file by its address. What `createDownloadUrl` leads to where files are kept in a folder. Always an attachment, never a page.
   */
  downloadUpload(options: Options<"downloadUpload">): Promise<Result<"downloadUpload">>;

  /**
   * Begin an upload in parts. Then send every part (in any order, again where one broke off), and complete it. The same on every store.
`Upload.parts` says how large the parts are. What is not completed in 24 hours is dropped; deleting it aborts it.
   */
  createResumableUpload(options: Options<"createResumableUpload">): Promise<Result<"createResumableUpload">>;

  /**
   * List the parts that have come. What to resume from. Parts sent straight to the store are seen too.
   */
  listUploadParts(options: Options<"listUploadParts">): Promise<Result<"listUploadParts">>;

  /**
   * Send a part. A part that is sent again takes the place of the former. One that breaks off leaves the former as it was.
   */
  putUploadPart(options: Options<"putUploadPart">): Promise<Result<"putUploadPart">>;

  /**
   * Get an address to send a part to. Good for an hour, without a credential: for browsers, and straight to the store where that is S3.
   */
  createUploadPartUrl(options: Options<"createUploadPartUrl">): Promise<Result<"createUploadPartUrl">>;

  /**
   * Send a part by its address. What `createUploadPartUrl` leads to where files are kept in a folder.
   */
  putSignedUploadPart(options: Options<"putSignedUploadPart">): Promise<Result<"putSignedUploadPart">>;

  /**
   * Complete an upload in parts. Every part must have come (409 names those missing). The bytes are then checked; follow the upload.
   */
  completeUpload(options: Options<"completeUpload">): Promise<Result<"completeUpload">>;
}
