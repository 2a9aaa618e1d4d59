// Made by `npm run generate` from spec/. Do not edit.
export interface paths {
    "/v1/auth/sign-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign up
         * @description Creates a user, their organization and a session. Who may sign up is the operator's choice (`SIGN_UP`): by default the first user alone.
         */
        post: operations["signUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in
         * @description Starts a session. A wrong password and an unknown address get the same answer in the same time. After 10 failures in 15 minutes an address or account waits.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh a session
         * @description Exchanges a refresh token for the next pair. A token that was already used ends the whole session: somebody else may hold it.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Ends this session at once: its access and refresh tokens are refused from the next request on.
         *
         *     **Session only:** an API key is refused with 403.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/verify-email/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a verification mail
         * @description Sends a mail with a token to your address. Nothing happens when it is verified already.
         *
         *     **Session only:** an API key is refused with 403.
         */
        post: operations["requestEmailVerification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/verify-email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify an e-mail address
         * @description With the token of a verification mail, within 24 hours.
         */
        post: operations["verifyEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/password-reset/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a password reset
         * @description Sends a mail with a token, when the address has an account. The answer is the same when it has none.
         */
        post: operations["requestPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reset a password
         * @description With the token of a reset mail, within an hour. Ends every session of the user.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change your password
         * @description Ends every other session of yours. A wrong present password is a 403, and counts as a failed log-in.
         *
         *     **Session only:** an API key is refused with 403.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your sessions
         * @description Where you are logged in, newest first.
         *
         *     **Session only:** an API key is refused with 403.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a session of yours
         * @description From its next request on it is refused.
         *
         *     **Session only:** an API key is refused with 403.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get your profile
         * @description The user behind the credential, the organization it acts for, and what it may do. The first call to make with a new key.
         *
         *     **Scope:** `profile:read`.
         */
        get: operations["getProfile"];
        put?: never;
        post?: never;
        /**
         * Delete your account
         * @description Deletes you, your sessions and your keys, for good. While you are the last owner of an organization it is a 409: hand it over or delete it first.
         *
         *     **Session only:** an API key is refused with 403.
         */
        delete: operations["deleteAccount"];
        options?: never;
        head?: never;
        /**
         * Update your profile
         * @description A merge patch (RFC 7396): fields that are absent stay as they are.
         *
         *     **Scope:** `profile:write`.
         */
        patch: operations["updateProfile"];
        trace?: never;
    };
    "/v1/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the programs that you let in
         * @description What you approved on a consent page or by a device's code, in all your organizations, newest first.
         *
         *     **Session only:** an API key is refused with 403.
         */
        get: operations["listGrants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/grants/{grant_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Shut a program out
         * @description Its tokens are refused from their next request on, and cannot be refreshed. To come back it must ask you again.
         *
         *     **Session only:** an API key is refused with 403.
         */
        delete: operations["revokeGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description The organization's keys, newest first.
         *
         *     **Scope:** `api_keys:read`.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Create an API key
         * @description The answer holds the key, once. Its scopes are explicit and within the caller's own; a key made by a key ends no later than its maker.
         *
         *     **Scope:** `api_keys:write`.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{api_key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an API key
         * @description Get an API key.
         *
         *     **Scope:** `api_keys:read`.
         */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        /**
         * Delete an API key
         * @description The key stops working at once and leaves the list.
         *
         *     **Scope:** `api_keys:write`.
         */
        delete: operations["deleteApiKey"];
        options?: never;
        head?: never;
        /**
         * Update an API key
         * @description A merge patch (RFC 7396). Nothing brings a revoked or expired key back: both answer 409.
         *
         *     **Scope:** `api_keys:write`.
         */
        patch: operations["updateApiKey"];
        trace?: never;
    };
    "/v1/api-keys/{api_key_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate an API key
         * @description Makes a new key with the same label, scopes and expiry, under a new id. The old one works on for `overlap_seconds`.
         *
         *     **Scope:** `api_keys:write`.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{api_key_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke an API key
         * @description The key is refused everywhere from the next request on, for good. It stays in the list.
         *
         *     **Scope:** `api_keys:write`.
         */
        post: operations["revokeApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your organizations
         * @description Every organization you are a member of. Name one in `X-Organization-Id` when there are several.
         *
         *     **Session only:** an API key is refused with 403.
         */
        get: operations["listOrganizations"];
        put?: never;
        /**
         * Create an organization
         * @description You become its owner. From then on requests name the organization in `X-Organization-Id`.
         *
         *     **Session only:** an API key is refused with 403.
         */
        post: operations["createOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the organization
         * @description The organization that the credential acts for.
         *
         *     **Scope:** `organization:read`.
         */
        get: operations["getOrganization"];
        put?: never;
        post?: never;
        /**
         * Delete the organization
         * @description Deletes it with everything in it, at once and for good: what was paid for too, so it wants `billing:write`, which owners alone have. By a session, and only when `confirm` is its exact name. While a subscription pays for its plan it is a 409: change the plan to free first.
         *
         *     **Scope:** `organization:write` and `billing:write`.
         *
         *     **Session only:** an API key is refused with 403.
         */
        delete: operations["deleteOrganization"];
        options?: never;
        head?: never;
        /**
         * Update the organization
         * @description Update the organization.
         *
         *     **Scope:** `organization:write`.
         */
        patch: operations["updateOrganization"];
        trace?: never;
    };
    "/v1/organization/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List members
         * @description The members of the organization, oldest user first.
         *
         *     **Scope:** `organization:read`.
         */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization/members/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a member
         * @description Their sessions lose the organization and their keys end, from the next request on. The last owner cannot be removed.
         *
         *     **Scope:** `organization:write`.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Change a member's role
         * @description Holds from the member's next request on, for their keys too. Only owners make or unmake owners, and the last one stays.
         *
         *     **Scope:** `organization:write`.
         */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/v1/organization/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Leave the organization
         * @description Ends your own membership. The last owner cannot leave: hand the organization over, or delete it.
         *
         *     **Session only:** an API key is refused with 403.
         */
        post: operations["leaveOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invitations
         * @description The organization's invitations, newest first.
         *
         *     **Scope:** `organization:read`.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite someone
         * @description Sends a mail with a token that works once, for 7 days. Nobody invites to a role above their own. A seat is taken while the invitation is open.
         *
         *     **Scope:** `organization:write`.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization/invitations/{invitation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an invitation
         * @description While it is not accepted; afterwards it is a 404: remove the member instead.
         *
         *     **Scope:** `organization:write`.
         */
        delete: operations["revokeInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation
         * @description Makes you a member. Your verified address must be the one invited. Somebody without an account signs up with `invitation_token` instead.
         *
         *     **Session only:** an API key is refused with 403.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List plans
         * @description What each plan gives. No credential is needed.
         */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the organization's use of its plan
         * @description Get the organization's use of its plan.
         *
         *     **Scope:** `organization:read`.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the balance
         * @description How many credits are left to spend, and how many are held for work that is under way.
         *
         *     **Scope:** `billing:read`.
         */
        get: operations["getBalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List movements of credits
         * @description Newest first.
         *
         *     **Scope:** `billing:read`.
         */
        get: operations["listTransactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/topup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Buy credits
         * @description Pay at `checkout_url`; the credits are there when the payment is. With `manual`, the operator grants them.
         *
         *     **Scope:** `billing:write`.
         */
        post: operations["createTopUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/topups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List top-ups
         * @description Newest first.
         *
         *     **Scope:** `billing:read`.
         */
        get: operations["listTopUps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/topups/{topup_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a top-up
         * @description Get a top-up.
         *
         *     **Scope:** `billing:read`.
         */
        get: operations["getTopUp"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/auto-reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get auto-reload settings
         * @description Get auto-reload settings.
         *
         *     **Scope:** `billing:read`.
         */
        get: operations["getAutoReload"];
        /**
         * Set auto-reload
         * @description Set auto-reload.
         *
         *     **Scope:** `billing:write`.
         */
        put: operations["setAutoReload"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the plan
         * @description Get the plan.
         *
         *     **Scope:** `billing:read`.
         */
        get: operations["getBillingPlan"];
        /**
         * Change the plan
         * @description To a smaller plan at once. To a larger one when it is paid for: at `checkout_url`; with `manual` that is
         *     the operator's to do (403).
         *
         *     **Scope:** `billing:write`.
         */
        put: operations["changeBillingPlan"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/billing/stripe/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an event of Stripe's
         * @description Set this address in Stripe's dashboard. A bad `Stripe-Signature` is a 401; an event that came before is a 200. When Stripe cannot be asked what it is about, it is a 503, and Stripe sends it again.
         */
        post: operations["receiveStripeEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List audit events
         * @description Every change in the organization, newest first.
         *
         *     **Scope:** `audit:read`.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhook endpoints
         * @description Newest first.
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a webhook endpoint
         * @description Its secret is in the answer, this once. Addresses inside the server's own network are refused (400). An
         *     organization has at most 50 endpoints (409).
         *
         *     **Scope:** `webhooks:write`.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{webhook_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a webhook endpoint
         * @description Get a webhook endpoint.
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook endpoint
         * @description Its deliveries go with it, sent or not.
         *
         *     **Scope:** `webhooks:write`.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Update a webhook endpoint
         * @description A merge patch (RFC 7396). Enabled again, it is told of what happens from then on; send the rest again.
         *
         *     **Scope:** `webhooks:write`.
         */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{webhook_id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a webhook endpoint's secret
         * @description While the former secret still signs, each delivery carries two signatures; verifying either is enough.
         *
         *     **Scope:** `webhooks:write`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{webhook_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event
         * @description Sends `webhook.test` to this endpoint alone, whatever events it is told of. A disabled one is a 409.
         *
         *     **Scope:** `webhooks:write`.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events
         * @description What happened in the last 30 days, newest first, whether or not an endpoint was told.
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream events
         * @description Events as they happen, a second later at most, as server-sent events: `event` is the type, `data` the event, and `id`
         *     where `Last-Event-ID` goes on, without a gap and without a repeat. Every 15 seconds without one there is a comment. A stream ends after
         *     15 minutes, when your credential does, and when the server stops: connect again. An organization has at most 20 at once (429).
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an event
         * @description Get an event.
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries
         * @description Newest first.
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-deliveries/{delivery_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a delivery with its attempts
         * @description Get a delivery with its attempts.
         *
         *     **Scope:** `webhooks:read`.
         */
        get: operations["getWebhookDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-deliveries/{delivery_id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description With the same `webhook-id`, whether it got through or not. To a disabled endpoint it is a 409.
         *
         *     **Scope:** `webhooks:write`.
         */
        post: operations["redeliverWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/brands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List brands
         * @description The organization's brands in their order.
         *
         *     **Scope:** `brands:read`.
         */
        get: operations["listBrands"];
        put?: never;
        /**
         * Create a brand
         * @description The new brand comes last in the order. A slug that is taken is a 409.
         *
         *     **Scope:** `brands:write`.
         */
        post: operations["createBrand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/brands/{brand_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a brand
         * @description Get a brand.
         *
         *     **Scope:** `brands:read`.
         */
        get: operations["getBrand"];
        put?: never;
        post?: never;
        /**
         * Delete a brand
         * @description A brand that still has personas is a 409: delete them first, or archive the brand.
         *
         *     **Scope:** `brands:write`.
         */
        delete: operations["deleteBrand"];
        options?: never;
        head?: never;
        /**
         * Update a brand
         * @description A merge patch (RFC 7396): absent keeps, null clears.
         *
         *     **Scope:** `brands:write`.
         */
        patch: operations["updateBrand"];
        trace?: never;
    };
    "/v1/brands/reorder": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reorder brands
         * @description Takes the id of every brand, in the order wanted. A list that misses one, or names one that is not there, is a 409.
         *
         *     **Scope:** `brands:write`.
         */
        post: operations["reorderBrands"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/personas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List personas
         * @description The organization's personas, newest first.
         *
         *     **Scope:** `personas:read`.
         */
        get: operations["listPersonas"];
        put?: never;
        /**
         * Create a persona
         * @description A name that the brand already has is a 409, and so is an archived brand. Another brand may have it too.
         *
         *     **Scope:** `personas:write`.
         */
        post: operations["createPersona"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/personas/{persona_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a persona
         * @description Get a persona.
         *
         *     **Scope:** `personas:read`.
         */
        get: operations["getPersona"];
        put?: never;
        post?: never;
        /**
         * Delete a persona
         * @description While it has sources it is a 409: delete them first, or archive the persona.
         *
         *     **Scope:** `personas:write`.
         */
        delete: operations["deletePersona"];
        options?: never;
        head?: never;
        /**
         * Update a persona
         * @description A merge patch (RFC 7396): absent keeps, null clears.
         *
         *     **Scope:** `personas:write`.
         */
        patch: operations["updatePersona"];
        trace?: never;
    };
    "/v1/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sources
         * @description The organization's sources, newest first.
         *
         *     **Scope:** `sources:read`.
         */
        get: operations["listSources"];
        put?: never;
        /**
         * Create a source
         * @description The feed is not fetched here: start a sync. A persona has at most 20 sources, each feed once (409).
         *     An archived persona, or one of an archived brand, takes none (409). Addresses inside the server's own network are refused
         *     (400). Where neither kind of schedule is sent it is synced every
         *     60 minutes; null for one, or for both, means none.
         *
         *     **Scope:** `sources:write`.
         */
        post: operations["createSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sources/{source_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a source
         * @description Get a source.
         *
         *     **Scope:** `sources:read`.
         */
        get: operations["getSource"];
        put?: never;
        post?: never;
        /**
         * Delete a source
         * @description Its posts go with it. Files that were fetched from them stay.
         *
         *     **Scope:** `sources:write`.
         */
        delete: operations["deleteSource"];
        options?: never;
        head?: never;
        /**
         * Update a source
         * @description A merge patch (RFC 7396). Another `url` is another feed: it is read from its beginning, and posts stay; what was known of the former one (`title`, `format`, `last_synced_at`, `last_error`) is null again. A source has one schedule: to change its kind, set the other to null.
         *
         *     **Scope:** `sources:write`.
         */
        patch: operations["updateSource"];
        trace?: never;
    };
    "/v1/source-posts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List source posts
         * @description What sources brought, the newest find first.
         *
         *     **Scope:** `sources:read`.
         */
        get: operations["listSourcePosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/source-posts/{source_post_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a source post
         * @description Get a source post.
         *
         *     **Scope:** `sources:read`.
         */
        get: operations["getSourcePost"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/source-posts/{source_post_id}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fetch a file of a source post
         * @description Makes an upload of it, as `importUpload` does with its address.
         *
         *     **Scope:** `sources:read` and `uploads:write`.
         */
        post: operations["importSourcePostMedia"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/personas/{persona_id}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sync a persona's sources
         * @description Fetches every active source of the persona; those synced less than 15 minutes ago are skipped
         *     unless forced. While one such run goes on, another is a 409 that names it in `details.sync_job_id`, and so is a persona
         *     that is archived, or whose brand is. Without an active source there is nothing to do, and it is skipped.
         *
         *     **Scope:** `sync:write`.
         *
         *     **Costs** up to 20 credits: one for each source that is fetched, none for one that is skipped or fails.
         */
        post: operations["syncPersona"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sources/{source_id}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sync a source
         * @description Skipped when it was synced less than 15 minutes ago, unless forced. While a run over it goes on,
         *     another is a 409 that names it in `details.sync_job_id`, and so is a paused source, or one whose persona or brand is
         *     archived.
         *
         *     **Scope:** `sync:write`.
         *
         *     **Costs** up to 1 credits: one when it is fetched, none when it is skipped or fails.
         */
        post: operations["syncSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sync jobs
         * @description Newest first.
         *
         *     **Scope:** `sources:read`.
         */
        get: operations["listSyncJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-jobs/{sync_job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a sync job
         * @description Get a sync job.
         *
         *     **Scope:** `sources:read`.
         */
        get: operations["getSyncJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-jobs/{sync_job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a sync job
         * @description Posts that came before stay, and so does the cost of the sources that were fetched: the other ones count as skipped, and the credits held for them are given back. An ended one is a 409.
         *
         *     **Scope:** `sync:write`.
         */
        post: operations["cancelSyncJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List uploads
         * @description The organization's files, newest first.
         *
         *     **Scope:** `uploads:read`.
         */
        get: operations["listUploads"];
        put?: never;
        /**
         * Upload a file
         * @description In one request, within two minutes: send larger files in parts. What is not of an allowed type by its bytes
         *     is a 415, more than the plan allows for one file a 413, more than it keeps in all a 403.
         *
         *     **Scope:** `uploads:write`.
         */
        post: operations["createUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fetch a file from an address
         * @description The server fetches it. Addresses inside the server's own network are refused (400). Without a `filename` it is called as the last piece of the address's path.
         *
         *     **Scope:** `uploads:write`.
         */
        post: operations["importUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an upload
         * @description Get an upload.
         *
         *     **Scope:** `uploads:read`.
         */
        get: operations["getUpload"];
        put?: never;
        post?: never;
        /**
         * Delete an upload
         * @description Aborts one that is not complete, with every part that has come.
         *
         *     **Scope:** `uploads:write`.
         */
        delete: operations["deleteUpload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/download-url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get an address to download a file from
         * @description Good for 15 minutes, without a credential. An upload that is not ready is a 409.
         *
         *     **Scope:** `uploads:read`.
         */
        post: operations["createDownloadUrl"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a file by its address
         * @description What `createDownloadUrl` leads to where files are kept in a folder. Always an attachment, never a page.
         */
        get: operations["downloadUpload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/resumable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin an upload in parts
         * @description Then send every part (in any order, again where one broke off), and complete it. The same on every store.
         *     `Upload.parts` says how large the parts are. What is not completed in 24 hours is dropped; deleting it aborts it. A file larger than the plan allows is a 413, more than it
         *     keeps in all a 403; the bytes count as used from now on.
         *
         *     **Scope:** `uploads:write`.
         */
        post: operations["createResumableUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/parts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the parts that have come
         * @description What to resume from. Parts sent straight to the store are seen too.
         *
         *     **Scope:** `uploads:read`.
         */
        get: operations["listUploadParts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/parts/{part_number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Send a part
         * @description A part that is sent again takes the place of the former. One that breaks off leaves the former as it was. Too many bytes are a 413, too few a 400, and so is a part that the upload does not have. Once it is complete, no part comes any more (409).
         *
         *     **Scope:** `uploads:write`.
         */
        put: operations["putUploadPart"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/parts/{part_number}/url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get an address to send a part to
         * @description Good for an hour, without a credential: for browsers, and straight to the store where that is S3.
         *
         *     **Scope:** `uploads:write`.
         */
        post: operations["createUploadPartUrl"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/parts/{part_number}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Send a part by its address
         * @description What `createUploadPartUrl` leads to where files are kept in a folder.
         */
        put: operations["putSignedUploadPart"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Complete an upload in parts
         * @description Every part must have come: a 409 names those missing in `details.missing`. The bytes are then checked; follow the upload. Completing it again changes nothing.
         *
         *     **Scope:** `uploads:write`.
         */
        post: operations["completeUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "source.created": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A source was created */
        post: operations["sourceCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "source.updated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A source was changed by a request */
        post: operations["sourceUpdated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "source.deleted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A source was deleted, with its posts */
        post: operations["sourceDeleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "source.failing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A source could not be read three times in a row */
        post: operations["sourceFailing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "sync.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A sync ended, and at least one source could be read */
        post: operations["syncCompleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "sync.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A sync ended, and no source could be read */
        post: operations["syncFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A file is there and checked */
        post: operations["uploadReady"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A file could not be fetched, or is not allowed */
        post: operations["uploadFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "api_key.created": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An API key was created, or made by a rotation */
        post: operations["apiKeyCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "api_key.revoked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An API key was revoked or deleted */
        post: operations["apiKeyRevoked"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "billing.balance_low": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Less can be spent than the threshold */
        post: operations["billingBalanceLow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The server disabled another endpoint of yours */
        post: operations["webhookDisabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** You asked for a test */
        post: operations["webhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        /**
         * @description The token of an invitation
         * @example {
         *       "token": "rmi_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4"
         *     }
         */
        AcceptInvitationInput: {
            /**
             * @description The token from the mail; it works once
             * @example rmi_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4
             */
            token: string;
        };
        /**
         * @description An API key, without the key itself
         * @example {
         *       "id": "key_01k4zn8w3v7q2m5t9r6x0h1cr7",
         *       "label": "Storefront",
         *       "prefix": "rm_3f9a1c2",
         *       "scopes": [
         *         "brands:read",
         *         "personas:read",
         *         "personas:write"
         *       ],
         *       "status": "active",
         *       "expires_at": "2036-01-15T09:30:00.000Z",
         *       "last_used_at": "2026-01-15T09:29:41.000Z",
         *       "created_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "created_at": "2026-01-12T08:31:55.702Z"
         *     }
         */
        ApiKey: {
            /**
             * @description Opaque id, `key_` and 26 characters
             * @example key_01k4zn8w3v7q2m5t9r6x0h1cr7
             */
            id: string;
            /**
             * @description Tells the key from others
             * @example Storefront
             */
            label: string;
            /**
             * @description The key's first characters, to recognise it by
             * @example rm_3f9a1c2
             */
            prefix: string;
            /**
             * @description What the key may do, each scope once. No more than the caller may do
             * @example [
             *       "brands:read",
             *       "personas:read",
             *       "personas:write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * @description `revoked` is permanent; `expired` when `expires_at` has passed
             * @enum {string}
             */
            status: "active" | "revoked" | "expired";
            /**
             * Format: date-time
             * @description When the key stops working; null for never
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description The last successful request, within 5 seconds; null when never used
             * @example 2026-01-15T09:30:00.000Z
             */
            last_used_at: string | null;
            /**
             * @description The user whose role bounds the key
             * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
             */
            created_by: string;
            /**
             * Format: date-time
             * @description When the key was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /** @description The body of `api_key.created` */
        ApiKeyCreatedEvent: {
            /**
             * @description What happened
             * @example api_key.created
             * @constant
             */
            type: "api_key.created";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["ApiKey"];
        };
        /**
         * @description A new API key
         * @example {
         *       "label": "Storefront",
         *       "scopes": [
         *         "brands:read",
         *         "personas:read",
         *         "personas:write"
         *       ],
         *       "expires_at": "2036-01-15T09:30:00.000Z"
         *     }
         */
        ApiKeyInput: {
            /**
             * @description Tells the key from others
             * @example Storefront
             */
            label: string;
            /**
             * @description What the key may do, each scope once. No more than the caller may do
             * @example [
             *       "brands:read",
             *       "personas:read",
             *       "personas:write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * Format: date-time
             * @description When the key stops working; null or absent for never, as far as the caller's own allows
             * @example 2036-01-15T09:30:00.000Z
             */
            expires_at?: string | null;
        };
        /** @description A page of ApiKey items */
        ApiKeyList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["ApiKey"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description What to change of an API key
         * @example {
         *       "label": "Storefront",
         *       "scopes": [
         *         "brands:read",
         *         "personas:read",
         *         "personas:write"
         *       ],
         *       "expires_at": "2036-01-15T09:30:00.000Z"
         *     }
         */
        ApiKeyPatch: {
            /**
             * @description Tells the key from others
             * @example Storefront
             */
            label?: string;
            /**
             * @description What the key may do, each scope once. No more than the caller may do
             * @example [
             *       "brands:read",
             *       "personas:read",
             *       "personas:write"
             *     ]
             */
            scopes?: components["schemas"]["Scope"][];
            /**
             * Format: date-time
             * @description When the key stops working; null or absent for never, as far as the caller's own allows
             * @example 2036-01-15T09:30:00.000Z
             */
            expires_at?: string | null;
        };
        /** @description The body of `api_key.revoked` */
        ApiKeyRevokedEvent: {
            /**
             * @description What happened
             * @example api_key.revoked
             * @constant
             */
            type: "api_key.revoked";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["ApiKey"];
        };
        /**
         * @description Who changed what. Written with the change, never changed after
         * @example {
         *       "id": "evt_01k4zn8w3v7q2m5t9r6x0h1cw3",
         *       "operation": "syncSource",
         *       "actor": {
         *         "kind": "api_key",
         *         "user_id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *         "credential_id": "key_01katp1fyfyz93xw1yq4gn615x"
         *       },
         *       "resource": {
         *         "kind": "sync_job",
         *         "id": "syn_01k4zn8w3v7q2m5t9r6x0h1c1b"
         *       },
         *       "fields": [
         *         "force"
         *       ],
         *       "request_id": "req_01kf0fqd9mybr608nt7y0yy2sz",
         *       "address": "203.0.113.7",
         *       "created_at": "2026-01-15T09:28:00.052Z"
         *     }
         */
        AuditEvent: {
            /**
             * @description Opaque id, `evt_` and 26 characters
             * @example evt_01k4zn8w3v7q2m5t9r6x0h1cw3
             */
            id: string;
            /**
             * @description The operation's id, or the operator's command
             * @example createBrand
             */
            operation: string;
            /** @description Who acted */
            actor: {
                /**
                 * @description What kind of credential acted: `oauth` is a client that a user approved, `signed` is an address that the server made, `provider` a payment service
                 * @example api_key
                 * @enum {string}
                 */
                kind: "session" | "api_key" | "oauth" | "operator" | "anonymous" | "signed" | "provider";
                /**
                 * @description The user behind it
                 * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
                 */
                user_id: string | null;
                /**
                 * @description The session's, key's or client's id
                 * @example key_01k4zn8w3v7q2m5t9r6x0h1cr7
                 */
                credential_id: string | null;
            };
            /** @description What was changed */
            resource: {
                /**
                 * @description What kind of resource
                 * @example brand
                 */
                kind: string;
                /**
                 * @description Its id
                 * @example brd_01k4zn8w3v7q2m5t9r6x0h1cd5
                 */
                id: string | null;
            } | null;
            /**
             * @description Names of the fields that the request set; never their values
             * @example [
             *       "name",
             *       "slug"
             *     ]
             */
            fields: string[];
            /**
             * @description The request, as in `X-Request-Id`
             * @example req_01k4zn8w3v7q2m5t9r6x0h1cqs
             */
            request_id: string;
            /**
             * @description Where the request came from
             * @example 203.0.113.7
             */
            address: string | null;
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /** @description A page of AuditEvent items */
        AuditEventList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["AuditEvent"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description Whether credits are bought when few are left
         * @example {
         *       "enabled": true,
         *       "threshold": 100,
         *       "credits": 1000,
         *       "ready": true,
         *       "updated_at": "2026-01-15T09:30:00.000Z"
         *     }
         */
        AutoReload: {
            /** @description Whether it happens */
            enabled: boolean;
            /**
             * @description Below this it happens, and `billing.balance_low` is sent
             * @example 100
             */
            threshold: number;
            /**
             * @description How many to buy each time
             * @example 1000
             */
            credits: number;
            /** @description Whether it can happen: with Stripe, a paid top-up must have left a card; with `manual`, it asks the operator */
            ready: boolean;
            /**
             * Format: date-time
             * @description When it was last set; null for never
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string | null;
        };
        /**
         * @description Auto-reload settings
         * @example {
         *       "enabled": true,
         *       "threshold": 100,
         *       "credits": 1000
         *     }
         */
        AutoReloadInput: {
            /**
             * @description Whether it happens
             * @example true
             */
            enabled: boolean;
            /**
             * @description Below this it happens, and `billing.balance_low` is sent
             * @example 100
             */
            threshold: number;
            /**
             * @description How many to buy each time
             * @example 1000
             */
            credits: number;
        };
        /**
         * @description The organization's credits
         * @example {
         *       "available": 2047,
         *       "held": 2,
         *       "spent_this_month": 1,
         *       "monthly_credits": 1000,
         *       "low": false,
         *       "low_threshold": 100,
         *       "as_of": "2026-01-15T09:30:00.000Z"
         *     }
         */
        Balance: {
            /**
             * @description Credits that can be spent
             * @example 840
             */
            available: number;
            /**
             * @description Credits held for work that goes on
             * @example 20
             */
            held: number;
            /**
             * @description Credits spent since the month began, in UTC
             * @example 140
             */
            spent_this_month: number;
            /**
             * @description Credits that the plan gives each month; null for as many as are needed
             * @example 1000
             */
            monthly_credits: number | null;
            /** @description Whether less is available than `low_threshold` */
            low: boolean;
            /**
             * @description Below this `billing.balance_low` is sent; the threshold of auto-reload
             * @example 100
             */
            low_threshold: number;
            /**
             * Format: date-time
             * @description When this was read
             * @example 2026-01-15T09:30:00.000Z
             */
            as_of: string;
        };
        /** @description The body of `billing.balance_low` */
        BillingBalanceLowEvent: {
            /**
             * @description What happened
             * @example billing.balance_low
             * @constant
             */
            type: "billing.balance_low";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["Balance"];
        };
        /**
         * @description The organization's plan and how it is paid
         * @example {
         *       "plan": {
         *         "id": "pro",
         *         "name": "Pro",
         *         "api_access": true,
         *         "requests_per_minute": {
         *           "key": 60,
         *           "session": 120
         *         },
         *         "seats": 10,
         *         "storage_bytes": 100000000000,
         *         "file_bytes": 5000000000,
         *         "monthly_credits": 1000
         *       },
         *       "provider": "stripe",
         *       "pending_plan": null,
         *       "checkout_url": null,
         *       "renews_at": "2026-02-01T00:00:00.000Z"
         *     }
         */
        BillingPlan: {
            plan: components["schemas"]["Plan"];
            /**
             * @description Who takes payments. `manual`: the operator of this server grants credits
             * @enum {string}
             */
            provider: "manual" | "stripe";
            /**
             * @description The plan's id
             * @enum {string|null}
             */
            pending_plan: "free" | "pro" | "scale" | null;
            /**
             * @description Where to pay for `pending_plan`; null when nothing is to be paid there
             * @example https://checkout.example.com/c/pay/cs_test_b2
             */
            checkout_url: string | null;
            /**
             * Format: date-time
             * @description When it is paid for again; null when it is not
             * @example 2026-01-15T09:30:00.000Z
             */
            renews_at: string | null;
        };
        /**
         * @description Which plan to change to
         * @example {
         *       "plan": "scale"
         *     }
         */
        BillingPlanInput: {
            /**
             * @description The plan's id
             * @example scale
             * @enum {string}
             */
            plan: "free" | "pro" | "scale";
        };
        /**
         * @description What you publish for
         * @example {
         *       "id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *       "name": "Orange Cat Coffee",
         *       "slug": "orange-cat-coffee",
         *       "description": "Small-batch coffee, roasted on Mondays",
         *       "timezone": "Europe/Zurich",
         *       "status": "active",
         *       "position": 0,
         *       "created_at": "2025-09-01T08:03:12.540Z",
         *       "updated_at": "2026-01-13T14:22:36.091Z"
         *     }
         */
        Brand: {
            /**
             * @description Opaque id, `brd_` and 26 characters
             * @example brd_01k4zn8w3v7q2m5t9r6x0h1cd5
             */
            id: string;
            /**
             * @description The brand's name
             * @example Orange Cat Coffee
             */
            name: string;
            /**
             * @description Names the brand in URLs; unique in the organization and immutable
             * @example orange-cat-coffee
             */
            slug: string;
            /**
             * @description What the brand is about, for people and for generation
             * @example Small-batch coffee, roasted on Mondays
             */
            description: string | null;
            /**
             * Format: iana-timezone
             * @description IANA time zone in which the brand's schedules run
             * @example Europe/Zurich
             */
            timezone: string;
            /**
             * @description An archived brand keeps its history, its slug and its place, and takes no new work
             * @enum {string}
             */
            status: "active" | "archived";
            /**
             * @description Place in the organization's order, from 0
             * @example 0
             */
            position: number;
            /**
             * Format: date-time
             * @description When the brand was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the brand last changed
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string;
        };
        /**
         * @description A new brand
         * @example {
         *       "name": "Orange Cat Coffee",
         *       "slug": "orange-cat-coffee",
         *       "description": "Small-batch coffee, roasted on Mondays",
         *       "timezone": "Europe/Zurich"
         *     }
         */
        BrandInput: {
            /**
             * @description The brand's name
             * @example Orange Cat Coffee
             */
            name: string;
            /**
             * @description Names the brand in URLs; unique in the organization and immutable
             * @example orange-cat-coffee
             */
            slug: string;
            /**
             * @description What the brand is about, for people and for generation
             * @example Small-batch coffee, roasted on Mondays
             */
            description?: string | null;
            /**
             * Format: iana-timezone
             * @description IANA time zone in which the brand's schedules run
             * @default UTC
             * @example Europe/Zurich
             */
            timezone?: string;
        };
        /** @description A page of Brand items */
        BrandList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Brand"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description The order of all brands
         * @example {
         *       "brand_ids": [
         *         "brd_01k4zn8w3v7q2m5t9r6x0h1cd5"
         *       ]
         *     }
         */
        BrandOrder: {
            /** @description The id of every brand of the organization, each once, in the order wanted */
            brand_ids: string[];
        };
        /**
         * @description What to change of a brand; the slug is immutable
         * @example {
         *       "name": "Orange Cat Coffee",
         *       "description": "Small-batch coffee, roasted on Mondays",
         *       "timezone": "Europe/Zurich",
         *       "status": "active"
         *     }
         */
        BrandPatch: {
            /**
             * @description The brand's name
             * @example Orange Cat Coffee
             */
            name?: string;
            /**
             * @description What the brand is about, for people and for generation
             * @example Small-batch coffee, roasted on Mondays
             */
            description?: string | null;
            /**
             * Format: iana-timezone
             * @description IANA time zone in which the brand's schedules run
             * @example Europe/Zurich
             */
            timezone?: string;
            /**
             * @description An archived brand keeps its history, its slug and its place, and takes no new work
             * @enum {string}
             */
            status?: "active" | "archived";
        };
        /** @description All brands in their order */
        BrandsInOrder: {
            /** @description Every brand of the organization, in order */
            data: components["schemas"]["Brand"][];
        };
        /**
         * @description An API key with the key itself, shown once
         * @example {
         *       "id": "key_01k4zn8w3v7q2m5t9r6x0h1cr7",
         *       "label": "Storefront",
         *       "prefix": "rm_3f9a1c2",
         *       "scopes": [
         *         "brands:read",
         *         "personas:read",
         *         "personas:write"
         *       ],
         *       "status": "active",
         *       "expires_at": "2036-01-15T09:30:00.000Z",
         *       "last_used_at": null,
         *       "created_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "created_at": "2026-01-15T09:30:00.000Z",
         *       "key": "rm_3f9a1c20d4b58e7796a1c3f20b4d68e9a7c1f3e50b2d4f68a9c1e3f5b1c2d3e4"
         *     }
         */
        CreatedApiKey: {
            /**
             * @description Opaque id, `key_` and 26 characters
             * @example key_01k4zn8w3v7q2m5t9r6x0h1cr7
             */
            id: string;
            /**
             * @description Tells the key from others
             * @example Storefront
             */
            label: string;
            /**
             * @description The key's first characters, to recognise it by
             * @example rm_3f9a1c2
             */
            prefix: string;
            /**
             * @description What the key may do, each scope once. No more than the caller may do
             * @example [
             *       "brands:read",
             *       "personas:read",
             *       "personas:write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * @description `revoked` is permanent; `expired` when `expires_at` has passed
             * @enum {string}
             */
            status: "active" | "revoked" | "expired";
            /**
             * Format: date-time
             * @description When the key stops working; null for never
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description The last successful request, within 5 seconds; null when never used
             * @example 2026-01-15T09:30:00.000Z
             */
            last_used_at: string | null;
            /**
             * @description The user whose role bounds the key
             * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
             */
            created_by: string;
            /**
             * Format: date-time
             * @description When the key was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * @description The key itself, shown this once. Send it as `Authorization: Bearer …` or `x-api-key`
             * @example rm_3f9a1c20d4b58e7796a1c3f20b4d68e9a7c1f3e50b2d4f68a9c1e3f5b1c2d3e4
             */
            key: string;
        };
        /**
         * @description An endpoint with its secret, shown once
         * @example {
         *       "id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
         *       "url": "https://hooks.example.com/reelmark",
         *       "description": "Storefront cache",
         *       "events": [
         *         "sync.completed",
         *         "upload.ready"
         *       ],
         *       "status": "enabled",
         *       "disabled_reason": null,
         *       "disabled_at": null,
         *       "failing_since": null,
         *       "secret_expires_at": null,
         *       "created_at": "2026-01-12T08:52:30.981Z",
         *       "updated_at": "2026-01-12T08:52:30.981Z",
         *       "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
         *     }
         */
        CreatedWebhook: {
            /**
             * @description Opaque id, `whk_` and 26 characters
             * @example whk_01k4zn8w3v7q2m5t9r6x0h1ckj
             */
            id: string;
            /**
             * Format: uri
             * @description Where events are sent, by POST. Redirects are not followed
             * @example https://hooks.example.com/reelmark
             */
            url: string;
            /**
             * @description What it is for, for your team
             * @example Storefront cache
             */
            description: string | null;
            /**
             * @description Which events it is told of; null for all
             * @example [
             *       "sync.completed",
             *       "upload.ready"
             *     ]
             */
            events: components["schemas"]["EventName"][] | null;
            /**
             * @description A disabled endpoint is sent nothing
             * @enum {string}
             */
            status: "enabled" | "disabled";
            /**
             * @description `request` by you, `gone` because it answered 410, `failing` because nothing got through for three days
             * @enum {string|null}
             */
            disabled_reason: "request" | "gone" | "failing" | null;
            /**
             * Format: date-time
             * @description When it was disabled
             * @example 2026-01-15T09:30:00.000Z
             */
            disabled_at: string | null;
            /**
             * Format: date-time
             * @description Since when no delivery has got through; null when the last one did
             * @example 2026-01-15T09:30:00.000Z
             */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description Until when the former secret signs too, after a rotation; null when there is one secret
             * @example 2026-01-15T09:30:00.000Z
             */
            secret_expires_at: string | null;
            /**
             * Format: date-time
             * @description When the endpoint was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the endpoint last changed
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string;
            /**
             * @description Verifies signatures (Standard Webhooks), shown this once: `whsec_` and 32 bytes in base64
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=
             */
            secret: string;
        };
        /**
         * @description A movement of credits. None is ever changed or removed
         * @example {
         *       "id": "txn_01k4zn8w3v7q2m5t9r6x0h1c38",
         *       "kind": "capture",
         *       "amount": 0,
         *       "available_after": 2047,
         *       "held_after": 2,
         *       "operation": "syncSource",
         *       "hold_id": "hld_01k4zn8w3v7q2m5t9r6x0h1csk",
         *       "topup_id": null,
         *       "note": null,
         *       "created_at": "2026-01-15T09:28:04.310Z"
         *     }
         */
        CreditTransaction: {
            /**
             * @description Opaque id, `txn_` and 26 characters
             * @example txn_01k4zn8w3v7q2m5t9r6x0h1c38
             */
            id: string;
            /**
             * @description `grant` by the operator (negative when taken back), `monthly` by the plan, `topup` by payment; `hold` sets aside, `capture` spends what was held, `release` gives it back; `refund` takes back what a payment brought, as far as it is not spent
             * @enum {string}
             */
            kind: "grant" | "monthly" | "topup" | "hold" | "capture" | "release" | "refund";
            /**
             * @description What it did to the credits that can be spent: negative for a hold
             * @example -20
             */
            amount: number;
            /**
             * @description Credits that could be spent after it
             * @example 820
             */
            available_after: number;
            /**
             * @description Credits that were held after it
             * @example 20
             */
            held_after: number;
            /**
             * @description The operation that it paid for
             * @example syncPersona
             */
            operation: string | null;
            /**
             * @description Ties a hold to its capture and release
             * @example hld_01k4zn8w3v7q2m5t9r6x0h1csk
             */
            hold_id: string | null;
            /**
             * @description The top-up that brought it
             * @example top_01k4zn8w3v7q2m5t9r6x0h1cez
             */
            topup_id: string | null;
            /**
             * @description What the operator said of a grant
             * @example Welcome credits
             */
            note: string | null;
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /** @description A page of CreditTransaction items */
        CreditTransactionList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["CreditTransaction"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description A source that is gone
         * @example {
         *       "id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx"
         *     }
         */
        DeletedSource: {
            /**
             * @description Opaque id, `src_` and 26 characters
             * @example src_01k4zn8w3v7q2m5t9r6x0h1cx3
             */
            id: string;
            /**
             * @description The persona it belonged to
             * @example per_01k4zn8w3v7q2m5t9r6x0h1cpx
             */
            persona_id: string;
        };
        /**
         * @description An endpoint that the server disabled
         * @example {
         *       "id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
         *       "url": "https://hooks.example.com/reelmark",
         *       "reason": "gone",
         *       "last_event_id": "msg_01k4zn8w3v7q2m5t9r6x0h1ctg"
         *     }
         */
        DisabledWebhook: {
            /**
             * @description Opaque id, `whk_` and 26 characters
             * @example whk_01k4zn8w3v7q2m5t9r6x0h1ckj
             */
            id: string;
            /**
             * @description Its address
             * @example https://hooks.example.com/reelmark
             */
            url: string;
            /**
             * @description Why
             * @enum {string}
             */
            reason: "gone" | "failing";
            /**
             * @description The event that was on its way
             * @example msg_01k4zn8w3v7q2m5t9r6x0h1ctg
             */
            last_event_id: string | null;
        };
        /**
         * @description Where a file can be fetched without a credential
         * @example {
         *       "url": "https://api.example.com/api/v1/uploads/upl_x/content?expires=1768469460&signature=3f9a1c",
         *       "expires_at": "2026-01-15T09:30:00.000Z"
         *     }
         */
        DownloadUrl: {
            /**
             * @description GET it; ranges are supported
             * @example https://api.example.com/api/v1/uploads/upl_x/content?expires=1768469460&signature=3f9a1c
             */
            url: string;
            /**
             * Format: date-time
             * @description Until when the address is good: 15 minutes
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string;
        };
        /**
         * @description The body of every error
         * @example {
         *       "error": {
         *         "code": "VALIDATION_ERROR",
         *         "message": "body.name: must have at least 1 character",
         *         "details": {
         *           "issues": [
         *             {
         *               "path": "body.name",
         *               "code": "too_small",
         *               "message": "must have at least 1 character"
         *             }
         *           ]
         *         },
         *         "request_id": "req_01k4zn8w3v7q2m5t9r6x0h1cqs"
         *       }
         *     }
         */
        Error: {
            /** @description The error */
            error: {
                /**
                 * @description What happened, for programs. New codes may be added
                 * @enum {string}
                 */
                code: "VALIDATION_ERROR" | "UNAUTHORIZED" | "INVALID_API_KEY" | "INSUFFICIENT_BALANCE" | "FORBIDDEN" | "PLAN_LIMIT" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "CONFLICT" | "IDEMPOTENCY_MISMATCH" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "INTERNAL_ERROR" | "UPSTREAM_ERROR" | "SERVICE_UNAVAILABLE";
                /**
                 * @description What happened and what to do, for people
                 * @example body.name: must have at least 1 character
                 */
                message: string;
                /** @description What a program may want to know; its fields depend on `code` */
                details: {
                    /** @description Every problem of the request, on VALIDATION_ERROR */
                    issues?: {
                        /**
                         * @description Where: a dotted path that begins with body, query, params or headers
                         * @example body.name
                         */
                        path: string;
                        /**
                         * @description What is wrong, for programs
                         * @example too_small
                         */
                        code: string;
                        /**
                         * @description What is wrong, for people
                         * @example must have at least 1 character
                         */
                        message: string;
                    }[];
                } & {
                    [key: string]: unknown;
                };
                /**
                 * @description The request's id, as in `X-Request-Id`
                 * @example req_01k4zn8w3v7q2m5t9r6x0h1cqs
                 */
                request_id: string;
            };
        };
        /**
         * @description What can happen
         * @enum {string}
         */
        EventName: "source.created" | "source.updated" | "source.deleted" | "source.failing" | "sync.completed" | "sync.failed" | "upload.ready" | "upload.failed" | "api_key.created" | "api_key.revoked" | "billing.balance_low" | "webhook.disabled" | "webhook.test";
        /**
         * @description A program that you let act for you, in one organization
         * @example {
         *       "id": "oag_01k4zn8w3v7q2m5t9r6x0h1cev",
         *       "client_id": "oac_b7Qm2rV0yB1nTq8sUeW5xLd7",
         *       "client_name": "Storyboard for Desktop",
         *       "organization_id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *       "organization_name": "Orange Cat Studio",
         *       "scopes": [
         *         "brands:read",
         *         "personas:read",
         *         "sources:read"
         *       ],
         *       "created_at": "2026-01-15T08:04:51.390Z",
         *       "expires_at": "2026-02-14T09:19:52.016Z"
         *     }
         */
        Grant: {
            /**
             * @description Opaque id, `oag_` and 26 characters
             * @example oag_01k4zn8w3v7q2m5t9r6x0h1cev
             */
            id: string;
            /**
             * @description Which program: the client id of its registration, `reelmark-cli` for the command line
             * @example oac_b7Qm2rV0yB1nTq8sUeW5xLd7
             */
            client_id: string;
            /**
             * @description What the program calls itself. Nobody has checked it: two programs may have one name, and it may be a lie
             * @example Storyboard for Desktop
             */
            client_name: string;
            /**
             * @description The organization that it acts for
             * @example org_01k4zn8w3v7q2m5t9r6x0h1cxb
             */
            organization_id: string;
            /**
             * @description The organization's name
             * @example Orange Cat Studio
             */
            organization_name: string;
            /**
             * @description What you let it do; never more than your role in the organization allows at the time
             * @example [
             *       "brands:read",
             *       "personas:read"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * Format: date-time
             * @description When you approved it
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends, unless the program refreshes its tokens before. It ends sooner with the session in which you approved it
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string;
        };
        /** @description A page of Grant items */
        GrantList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Grant"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description A file to fetch
         * @example {
         *       "url": "https://cdn.example.com/coffee-12.mp4",
         *       "filename": "nora-coffee.mp4"
         *     }
         */
        ImportUploadInput: {
            /**
             * Format: uri
             * @description Where the file is
             * @example https://cdn.example.com/coffee-12.mp4
             */
            url: string;
            /**
             * @description The file's name. No path: `/` and `\` become `_`
             * @example nora-coffee.mp4
             */
            filename?: string;
        };
        /**
         * @description An invitation to an organization, open until it is accepted, revoked or over
         * @example {
         *       "id": "inv_01k4zn8w3v7q2m5t9r6x0h1cam",
         *       "email": "tom@orangecat.example",
         *       "role": "member",
         *       "status": "pending",
         *       "invited_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "created_at": "2026-01-14T16:20:05.118Z",
         *       "expires_at": "2026-01-21T16:20:05.118Z"
         *     }
         */
        Invitation: {
            /**
             * @description Opaque id, `inv_` and 26 characters
             * @example inv_01k4zn8w3v7q2m5t9r6x0h1cam
             */
            id: string;
            /**
             * Format: email
             * @description Who is invited; only a user with this address can accept
             * @example tom@orangecat.example
             */
            email: string;
            /**
             * @description What a member may do: the Roles guide has the table
             * @example member
             * @enum {string}
             */
            role: "owner" | "admin" | "member" | "viewer";
            /**
             * @description `expired` after 7 days
             * @enum {string}
             */
            status: "pending" | "accepted" | "expired";
            /**
             * @description Who invited; null when they have left
             * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
             */
            invited_by: string | null;
            /**
             * Format: date-time
             * @description When the invitation was made
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it can no longer be accepted
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string;
        };
        /**
         * @description A new invitation
         * @example {
         *       "email": "tom@orangecat.example",
         *       "role": "member"
         *     }
         */
        InvitationInput: {
            /**
             * Format: email
             * @description An e-mail address
             * @example tom@orangecat.example
             */
            email: string;
            /**
             * @description What a member may do: the Roles guide has the table
             * @example member
             * @enum {string}
             */
            role: "owner" | "admin" | "member" | "viewer";
        };
        /** @description A page of Invitation items */
        InvitationList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Invitation"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description The credentials of a user
         * @example {
         *       "email": "nora@orangecat.example",
         *       "password": "correct horse battery staple"
         *     }
         */
        LoginInput: {
            /**
             * Format: email
             * @description The address to log in with. Upper and lower case are the same
             * @example nora@orangecat.example
             */
            email: string;
            /**
             * @description The password
             * @example correct horse battery staple
             */
            password: string;
        };
        /**
         * @description A user in an organization
         * @example {
         *       "user_id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "name": "Nora Lindt",
         *       "email": "nora@orangecat.example",
         *       "role": "owner",
         *       "joined_at": "2025-09-01T07:58:20.331Z"
         *     }
         */
        Member: {
            /**
             * @description The member's user id
             * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
             */
            user_id: string;
            /**
             * @description The member's name
             * @example Nora Lindt
             */
            name: string;
            /**
             * Format: email
             * @description An e-mail address
             * @example tom@orangecat.example
             */
            email: string | null;
            /**
             * @description What a member may do: the Roles guide has the table
             * @example member
             * @enum {string}
             */
            role: "owner" | "admin" | "member" | "viewer";
            /**
             * Format: date-time
             * @description When they became a member
             * @example 2026-01-15T09:30:00.000Z
             */
            joined_at: string;
        };
        /** @description A page of Member items */
        MemberList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Member"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description What to change of a member
         * @example {
         *       "role": "member"
         *     }
         */
        MemberPatch: {
            /**
             * @description What a member may do: the Roles guide has the table
             * @example member
             * @enum {string}
             */
            role?: "owner" | "admin" | "member" | "viewer";
        };
        /**
         * @description A tenant: everything but users belongs to one
         * @example {
         *       "id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *       "name": "Orange Cat Studio",
         *       "plan": "pro",
         *       "role": "owner",
         *       "created_at": "2025-09-01T07:58:20.331Z"
         *     }
         */
        Organization: {
            /**
             * @description Opaque id, `org_` and 26 characters
             * @example org_01k4zn8w3v7q2m5t9r6x0h1cxb
             */
            id: string;
            /**
             * @description The organization's name
             * @example Orange Cat Studio
             */
            name: string;
            /**
             * @description The plan's id
             * @enum {string}
             */
            plan: "free" | "pro" | "scale";
            /**
             * @description What the caller is in this organization
             * @example owner
             * @enum {string}
             */
            role: "owner" | "admin" | "member" | "viewer";
            /**
             * Format: date-time
             * @description When the organization was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /**
         * @description A new organization
         * @example {
         *       "name": "Orange Cat Studio"
         *     }
         */
        OrganizationInput: {
            /**
             * @description The organization's name
             * @example Orange Cat Studio
             */
            name: string;
        };
        /** @description The organizations of a user */
        OrganizationList: {
            /** @description Every organization you are a member of, oldest membership first */
            data: components["schemas"]["Organization"][];
        };
        /**
         * @description What to change of an organization
         * @example {
         *       "name": "Orange Cat Studio"
         *     }
         */
        OrganizationPatch: {
            /**
             * @description The organization's name
             * @example Orange Cat Studio
             */
            name?: string;
        };
        /**
         * @description A new password for a known one
         * @example {
         *       "current_password": "correct horse battery staple",
         *       "new_password": "correct horse battery staple"
         *     }
         */
        PasswordChange: {
            /**
             * @description Your present password
             * @example correct horse battery staple
             */
            current_password: string;
            /**
             * @description At least 12 characters; any are allowed
             * @example correct horse battery staple
             */
            new_password: string;
        };
        /**
         * @description A new password for a forgotten one
         * @example {
         *       "token": "rmm_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4",
         *       "password": "correct horse battery staple"
         *     }
         */
        PasswordResetInput: {
            /**
             * @description The token from the mail; it works once
             * @example rmm_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4
             */
            token: string;
            /**
             * @description At least 12 characters; any are allowed
             * @example correct horse battery staple
             */
            password: string;
        };
        /**
         * @description Whose password was forgotten
         * @example {
         *       "email": "nora@orangecat.example"
         *     }
         */
        PasswordResetRequest: {
            /**
             * Format: email
             * @description The address to log in with. Upper and lower case are the same
             * @example nora@orangecat.example
             */
            email: string;
        };
        /**
         * @description A face and voice of a brand
         * @example {
         *       "id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *       "brand_id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *       "name": "Studio Nora",
         *       "bio": "A barista who explains one thing a day",
         *       "voice": "warm, unhurried, Swiss German accent",
         *       "avatar_url": "https://cdn.example.com/nora.png",
         *       "status": "active",
         *       "created_at": "2026-01-12T08:36:20.155Z",
         *       "updated_at": "2026-01-14T09:58:03.420Z"
         *     }
         */
        Persona: {
            /**
             * @description Opaque id, `per_` and 26 characters
             * @example per_01k4zn8w3v7q2m5t9r6x0h1cpx
             */
            id: string;
            /**
             * @description The brand it belongs to
             * @example brd_01k4zn8w3v7q2m5t9r6x0h1cd5
             */
            brand_id: string;
            /**
             * @description Shown to your team; unique in the brand
             * @example Studio Nora
             */
            name: string;
            /**
             * @description Who the persona is, for people and for generation
             * @example A barista who explains one thing a day
             */
            bio: string | null;
            /**
             * @description How the persona speaks, or the name of a voice
             * @example warm, unhurried, Swiss German accent
             */
            voice: string | null;
            /**
             * Format: uri
             * @description A picture of the persona, by https
             * @example https://cdn.example.com/nora.png
             */
            avatar_url: string | null;
            /**
             * @description An archived persona keeps its history and publishes nothing
             * @enum {string}
             */
            status: "active" | "archived";
            /**
             * Format: date-time
             * @description When the persona was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the persona last changed
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string;
        };
        /**
         * @description A new persona
         * @example {
         *       "brand_id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *       "name": "Studio Nora",
         *       "bio": "A barista who explains one thing a day",
         *       "voice": "warm, unhurried, Swiss German accent",
         *       "avatar_url": "https://cdn.example.com/nora.png"
         *     }
         */
        PersonaInput: {
            /**
             * @description The brand it belongs to
             * @example brd_01k4zn8w3v7q2m5t9r6x0h1cd5
             */
            brand_id: string;
            /**
             * @description Shown to your team; unique in the brand
             * @example Studio Nora
             */
            name: string;
            /**
             * @description Who the persona is, for people and for generation
             * @example A barista who explains one thing a day
             */
            bio?: string | null;
            /**
             * @description How the persona speaks, or the name of a voice
             * @example warm, unhurried, Swiss German accent
             */
            voice?: string | null;
            /**
             * Format: uri
             * @description A picture of the persona, by https
             * @example https://cdn.example.com/nora.png
             */
            avatar_url?: string | null;
        };
        /** @description A page of Persona items */
        PersonaList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Persona"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description What to change of a persona
         * @example {
         *       "name": "Studio Nora",
         *       "bio": "A barista who explains one thing a day",
         *       "voice": "warm, unhurried, Swiss German accent",
         *       "avatar_url": "https://cdn.example.com/nora.png",
         *       "status": "active"
         *     }
         */
        PersonaPatch: {
            /**
             * @description Shown to your team; unique in the brand
             * @example Studio Nora
             */
            name?: string;
            /**
             * @description Who the persona is, for people and for generation
             * @example A barista who explains one thing a day
             */
            bio?: string | null;
            /**
             * @description How the persona speaks, or the name of a voice
             * @example warm, unhurried, Swiss German accent
             */
            voice?: string | null;
            /**
             * Format: uri
             * @description A picture of the persona, by https
             * @example https://cdn.example.com/nora.png
             */
            avatar_url?: string | null;
            /**
             * @description An archived persona keeps its history and publishes nothing
             * @enum {string}
             */
            status?: "active" | "archived";
        };
        /**
         * @description What a plan gives
         * @example {
         *       "id": "pro",
         *       "name": "Pro",
         *       "api_access": true,
         *       "requests_per_minute": {
         *         "key": 60,
         *         "session": 120
         *       },
         *       "seats": 10,
         *       "storage_bytes": 100000000000,
         *       "file_bytes": 5000000000,
         *       "monthly_credits": 1000
         *     }
         */
        Plan: {
            /**
             * @description The plan's id
             * @enum {string}
             */
            id: "free" | "pro" | "scale";
            /**
             * @description The plan's name
             * @example Pro
             */
            name: string;
            /** @description Whether API keys may be used at all */
            api_access: boolean;
            /** @description Rate limits; where they are null the operator's configuration holds */
            requests_per_minute: {
                /**
                 * @description Requests a minute of an API key, where the plan sets them; null for no bound
                 * @example 60
                 */
                key: number | null;
                /**
                 * @description Requests a minute of a session, where the plan sets them; null for no bound
                 * @example 120
                 */
                session: number | null;
            };
            /**
             * @description Members and open invitations together; null for no bound
             * @example 10
             */
            seats: number | null;
            /**
             * @description Bytes of files kept; null for no bound
             * @example 100000000000
             */
            storage_bytes: number | null;
            /**
             * @description Bytes of one file; null for no bound
             * @example 5000000000
             */
            file_bytes: number | null;
            /**
             * @description Credits given each month; null for no bound
             * @example 1000
             */
            monthly_credits: number | null;
        };
        /** @description Every plan */
        PlanList: {
            /** @description Every plan, smallest first */
            data: components["schemas"]["Plan"][];
        };
        /**
         * @description Who the credential acts for
         * @example {
         *       "user": {
         *         "id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *         "email": "nora@orangecat.example",
         *         "email_verified": true,
         *         "name": "Nora Lindt",
         *         "created_at": "2025-09-01T07:58:20.331Z"
         *       },
         *       "organization": {
         *         "id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *         "name": "Orange Cat Studio",
         *         "plan": "pro",
         *         "role": "owner",
         *         "created_at": "2025-09-01T07:58:20.331Z"
         *       },
         *       "credential": {
         *         "kind": "session",
         *         "id": "ses_01k4zn8w3v7q2m5t9r6x0h1ctq",
         *         "scopes": [
         *           "profile:read",
         *           "brands:read"
         *         ]
         *       }
         *     }
         */
        Profile: {
            user: components["schemas"]["User"];
            organization: components["schemas"]["Organization"];
            /** @description The credential of this request */
            credential: {
                /**
                 * @description What was sent
                 * @example session
                 * @enum {string}
                 */
                kind: "api_key" | "session" | "oauth";
                /**
                 * @description The key's or session's id
                 * @example ses_01k4zn8w3v7q2m5t9r6x0h1ctq
                 */
                id: string;
                /**
                 * @description What it may do now: its scopes, cut to the user's role
                 * @example [
                 *       "profile:read",
                 *       "brands:read"
                 *     ]
                 */
                scopes: components["schemas"]["Scope"][];
            };
        };
        /**
         * @description What to change in your profile
         * @example {
         *       "name": "Nora Lindt"
         *     }
         */
        ProfilePatch: {
            /**
             * @description Shown to your team
             * @example Nora Lindt
             */
            name?: string;
        };
        /**
         * @description The refresh token of a session
         * @example {
         *       "refresh_token": "rmr_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4"
         *     }
         */
        RefreshInput: {
            /**
             * @description Exchanges for a new session, once: each use gives the next one
             * @example rmr_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4
             */
            refresh_token: string;
        };
        /**
         * @description A file to come in parts
         * @example {
         *       "filename": "nora-coffee.mp4",
         *       "size": 10485760,
         *       "part_size": 8388608
         *     }
         */
        ResumableUploadInput: {
            /**
             * @description The file's name. No path: `/` and `\` become `_`
             * @example nora-coffee.mp4
             */
            filename: string;
            /**
             * @description Bytes of the whole file
             * @example 10485760
             */
            size: number;
            /**
             * @description Bytes of every part but the last; absent for one that suits the size
             * @example 8388608
             */
            part_size?: number;
        };
        /**
         * @description How to rotate
         * @example {
         *       "overlap_seconds": 3600
         *     }
         */
        RotateApiKeyInput: {
            /**
             * @description For how long the old key still works, in seconds: at most 7 days
             * @default 0
             * @example 3600
             */
            overlap_seconds?: number;
        };
        /**
         * @description How to rotate
         * @example {
         *       "overlap_seconds": 86400
         *     }
         */
        RotateWebhookSecretInput: {
            /**
             * @description For how long the former secret signs too, in seconds: at most 7 days
             * @default 86400
             * @example 86400
             */
            overlap_seconds?: number;
        };
        /**
         * @description What a credential may do
         * @enum {string}
         */
        Scope: "profile:read" | "profile:write" | "api_keys:read" | "api_keys:write" | "brands:read" | "brands:write" | "personas:read" | "personas:write" | "sources:read" | "sources:write" | "sync:write" | "content:read" | "content:write" | "clips:read" | "clips:write" | "carousels:read" | "carousels:write" | "kb:read" | "kb:write" | "agents:read" | "agents:write" | "posts:read" | "posts:write" | "publishing:read" | "publishing:write" | "analytics:read" | "widgets:read" | "widgets:write" | "uploads:read" | "uploads:write" | "billing:read" | "billing:write" | "webhooks:read" | "webhooks:write" | "feedback:read" | "feedback:write" | "organization:read" | "organization:write" | "audit:read";
        /**
         * @description A session: send `access_token` as `Authorization: Bearer …`
         * @example {
         *       "access_token": "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiJ1c3JfMDEifQ.c2lnbmF0dXJl",
         *       "token_type": "Bearer",
         *       "expires_in": 900,
         *       "refresh_token": "rmr_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4",
         *       "refresh_expires_at": "2026-01-15T09:30:00.000Z",
         *       "user": {
         *         "id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *         "email": "nora@orangecat.example",
         *         "email_verified": true,
         *         "name": "Nora Lindt",
         *         "created_at": "2025-09-01T07:58:20.331Z"
         *       },
         *       "organization": {
         *         "id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *         "name": "Orange Cat Studio",
         *         "plan": "pro",
         *         "role": "owner",
         *         "created_at": "2025-09-01T07:58:20.331Z"
         *       }
         *     }
         */
        Session: {
            /**
             * @description A JWT (RFC 7519), signed with a key of `/.well-known/jwks.json`
             * @example eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiJ1c3JfMDEifQ.c2lnbmF0dXJl
             */
            access_token: string;
            /**
             * @description How to send the token (RFC 6750)
             * @constant
             */
            token_type: "Bearer";
            /**
             * @description Seconds until `access_token` ends
             * @example 900
             */
            expires_in: number;
            /**
             * @description Exchanges for a new session, once: each use gives the next one
             * @example rmr_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4
             */
            refresh_token: string;
            /**
             * Format: date-time
             * @description When `refresh_token` ends, unused
             * @example 2026-01-15T09:30:00.000Z
             */
            refresh_expires_at: string;
            user: components["schemas"]["User"];
            organization: components["schemas"]["Organization"] | null;
        };
        /**
         * @description A new user and their organization
         * @example {
         *       "email": "nora@orangecat.example",
         *       "password": "correct horse battery staple",
         *       "name": "Nora Lindt",
         *       "organization_name": "Orange Cat Studio"
         *     }
         */
        SignUpInput: {
            /**
             * Format: email
             * @description The address to log in with. Upper and lower case are the same
             * @example nora@orangecat.example
             */
            email: string;
            /**
             * @description At least 12 characters; any are allowed
             * @example correct horse battery staple
             */
            password: string;
            /**
             * @description Your name, shown to your team
             * @example Nora Lindt
             */
            name: string;
            /**
             * @description The new organization's name; your name when absent. Not together with `invitation_token`
             * @example Orange Cat Studio
             */
            organization_name?: string;
            /**
             * @description Joins the organization that invited you instead of making one; proves your address too
             * @example rmi_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4
             */
            invitation_token?: string;
        };
        /**
         * @description A feed that a persona mirrors
         * @example {
         *       "id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *       "url": "https://feeds.example.com/coffee.xml",
         *       "name": "Coffee channel",
         *       "title": "Coffee, explained",
         *       "format": "rss",
         *       "automation_mode": "sync_only",
         *       "status": "active",
         *       "sync_interval_minutes": 60,
         *       "sync_times": null,
         *       "post_count": 3,
         *       "last_synced_at": "2026-01-15T09:28:04.310Z",
         *       "next_sync_at": "2026-01-15T10:28:04.310Z",
         *       "last_error": null,
         *       "consecutive_failures": 0,
         *       "created_at": "2026-01-12T08:40:13.264Z",
         *       "updated_at": "2026-01-12T08:40:13.264Z"
         *     }
         */
        Source: {
            /**
             * @description Opaque id, `src_` and 26 characters
             * @example src_01k4zn8w3v7q2m5t9r6x0h1cx3
             */
            id: string;
            /**
             * @description The persona it belongs to
             * @example per_01k4zn8w3v7q2m5t9r6x0h1cpx
             */
            persona_id: string;
            /**
             * Format: uri
             * @description Where the feed is: RSS, Atom, JSON Feed or a podcast's; a channel's or an account's public feed is one
             * @example https://feeds.example.com/coffee.xml
             */
            url: string;
            /**
             * @description What your team calls it; null for the feed's own title
             * @example Coffee channel
             */
            name: string | null;
            /**
             * @description The feed's own title; null before the first sync
             * @example Coffee, explained
             */
            title: string | null;
            /**
             * @description What the feed turned out to be; null before the first sync
             * @enum {string|null}
             */
            format: "rss" | "atom" | "json_feed" | null;
            /**
             * @description What happens with new posts. `sync_only`: they are kept, nothing is made of them
             * @constant
             */
            automation_mode: "sync_only";
            /**
             * @description A paused source keeps its posts and is not synced. One whose feed answers 410 Gone is paused by the server
             * @enum {string}
             */
            status: "active" | "paused";
            /**
             * @description Minutes between scheduled syncs; null for none. Not together with `sync_times`
             * @example 60
             */
            sync_interval_minutes: number | null;
            /**
             * @description Times of day for scheduled syncs, in the brand's timezone; null for none. Not together with the interval
             * @example null
             */
            sync_times: string[] | null;
            /**
             * @description How many posts it has brought, each counted once
             * @example 42
             */
            post_count: number;
            /**
             * Format: date-time
             * @description When its feed was last asked for with success; null for never
             * @example 2026-01-15T09:30:00.000Z
             */
            last_synced_at: string | null;
            /**
             * Format: date-time
             * @description When it is next synced by itself; null when it is not: it is paused, or has no schedule, or its persona or brand is archived
             * @example 2026-01-15T09:30:00.000Z
             */
            next_sync_at: string | null;
            /** @description What went wrong */
            last_error: {
                /**
                 * @description What went wrong, for programs: `blocked`, `timeout`, `too_large`, `http_status`, `not_a_feed` and others
                 * @example http_status
                 */
                code: string;
                /**
                 * @description What went wrong, for people
                 * @example The feed answered 503 Service Unavailable
                 */
                message: string;
            } | null;
            /**
             * @description Syncs that failed since the last good one, which sets it to 0
             * @example 0
             */
            consecutive_failures: number;
            /**
             * Format: date-time
             * @description When the source was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the source last changed
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string;
        };
        /** @description The body of `source.created` */
        SourceCreatedEvent: {
            /**
             * @description What happened
             * @example source.created
             * @constant
             */
            type: "source.created";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["Source"];
        };
        /** @description The body of `source.deleted` */
        SourceDeletedEvent: {
            /**
             * @description What happened
             * @example source.deleted
             * @constant
             */
            type: "source.deleted";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["DeletedSource"];
        };
        /** @description The body of `source.failing` */
        SourceFailingEvent: {
            /**
             * @description What happened
             * @example source.failing
             * @constant
             */
            type: "source.failing";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["Source"];
        };
        /**
         * @description A new source
         * @example {
         *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *       "url": "https://feeds.example.com/coffee.xml",
         *       "name": "Coffee channel",
         *       "automation_mode": "sync_only",
         *       "sync_interval_minutes": 60,
         *       "sync_times": null
         *     }
         */
        SourceInput: {
            /**
             * @description The persona it belongs to
             * @example per_01k4zn8w3v7q2m5t9r6x0h1cpx
             */
            persona_id: string;
            /**
             * Format: uri
             * @description Where the feed is: RSS, Atom, JSON Feed or a podcast's; a channel's or an account's public feed is one
             * @example https://feeds.example.com/coffee.xml
             */
            url: string;
            /**
             * @description What your team calls it; null for the feed's own title
             * @example Coffee channel
             */
            name?: string | null;
            /**
             * @description What happens with new posts. `sync_only`: they are kept, nothing is made of them
             * @default sync_only
             * @constant
             */
            automation_mode?: "sync_only";
            /**
             * @description Minutes between scheduled syncs; null for none. Not together with `sync_times`
             * @example 60
             */
            sync_interval_minutes?: number | null;
            /**
             * @description Times of day for scheduled syncs, in the brand's timezone; null for none. Not together with the interval
             * @example null
             */
            sync_times?: string[] | null;
        };
        /** @description A page of Source items */
        SourceList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Source"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description What to change of a source
         * @example {
         *       "url": "https://feeds.example.com/coffee.xml",
         *       "name": "Coffee channel",
         *       "automation_mode": "sync_only",
         *       "status": "active",
         *       "sync_interval_minutes": 60,
         *       "sync_times": null
         *     }
         */
        SourcePatch: {
            /**
             * Format: uri
             * @description Where the feed is: RSS, Atom, JSON Feed or a podcast's; a channel's or an account's public feed is one
             * @example https://feeds.example.com/coffee.xml
             */
            url?: string;
            /**
             * @description What your team calls it; null for the feed's own title
             * @example Coffee channel
             */
            name?: string | null;
            /**
             * @description What happens with new posts. `sync_only`: they are kept, nothing is made of them
             * @constant
             */
            automation_mode?: "sync_only";
            /**
             * @description A paused source keeps its posts and is not synced. One whose feed answers 410 Gone is paused by the server
             * @enum {string}
             */
            status?: "active" | "paused";
            /**
             * @description Minutes between scheduled syncs; null for none. Not together with `sync_times`
             * @example 60
             */
            sync_interval_minutes?: number | null;
            /**
             * @description Times of day for scheduled syncs, in the brand's timezone; null for none. Not together with the interval
             * @example null
             */
            sync_times?: string[] | null;
        };
        /**
         * @description What a source brought
         * @example {
         *       "id": "spo_01k4zn8w3v7q2m5t9r6x0h1cb2",
         *       "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *       "external_id": "tag:example.com,2026:coffee-12",
         *       "url": "https://example.com/posts/coffee-12",
         *       "title": "Why crema fades",
         *       "summary": "Oils, gas and time: what the foam on an espresso is made of, and where it goes.",
         *       "author": "Nora",
         *       "media": [
         *         {
         *           "url": "https://cdn.example.com/coffee-12.mp4",
         *           "kind": "video",
         *           "type": "video/mp4",
         *           "size": 10485760,
         *           "duration_seconds": 58
         *         }
         *       ],
         *       "published_at": "2026-01-15T09:05:00.000Z",
         *       "created_at": "2026-01-15T09:28:04.298Z",
         *       "updated_at": "2026-01-15T09:28:04.298Z"
         *     }
         */
        SourcePost: {
            /**
             * @description Opaque id, `spo_` and 26 characters
             * @example spo_01k4zn8w3v7q2m5t9r6x0h1cb2
             */
            id: string;
            /**
             * @description The source that brought it
             * @example src_01k4zn8w3v7q2m5t9r6x0h1cx3
             */
            source_id: string;
            /**
             * @description The persona of that source
             * @example per_01k4zn8w3v7q2m5t9r6x0h1cpx
             */
            persona_id: string;
            /**
             * @description What the feed knows it by; a post is kept once under it
             * @example tag:example.com,2026:coffee-12
             */
            external_id: string;
            /**
             * @description The post's own page
             * @example https://example.com/posts/coffee-12
             */
            url: string | null;
            /**
             * @description Its title, without markup
             * @example Why crema fades
             */
            title: string | null;
            /**
             * @description Its text, without markup, cut at 10,000 characters
             * @example Oils, gas and time.
             */
            summary: string | null;
            /**
             * @description Who wrote it
             * @example Nora
             */
            author: string | null;
            /** @description The files it carries, at most 20 */
            media: {
                /**
                 * @description Where the file is
                 * @example https://cdn.example.com/coffee-12.mp4
                 */
                url: string;
                /**
                 * @description What it is, as far as the feed tells
                 * @enum {string}
                 */
                kind: "video" | "audio" | "image" | "other";
                /**
                 * @description Its media type, as the feed says
                 * @example video/mp4
                 */
                type: string | null;
                /**
                 * @description Its size in bytes, as the feed says
                 * @example 10485760
                 */
                size: number | null;
                /**
                 * @description Its length in seconds, as the feed says
                 * @example 58
                 */
                duration_seconds: number | null;
            }[];
            /**
             * Format: date-time
             * @description When it was published, as the feed says
             * @example 2026-01-15T09:30:00.000Z
             */
            published_at: string | null;
            /**
             * Format: date-time
             * @description When a sync first brought it
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When a sync last found it changed
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string;
        };
        /** @description A page of SourcePost items */
        SourcePostList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["SourcePost"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description Which file of a post to fetch
         * @example {
         *       "index": 0
         *     }
         */
        SourcePostMediaInput: {
            /**
             * @description Its place in `media`, from 0
             * @example 0
             */
            index: number;
        };
        /** @description The body of `source.updated` */
        SourceUpdatedEvent: {
            /**
             * @description What happened
             * @example source.updated
             * @constant
             */
            type: "source.updated";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["Source"];
        };
        /** @description An event of Stripe's */
        StripeEvent: {
            /**
             * @description Stripe's id of the event
             * @example evt_1PqStripe
             */
            id: string;
            /**
             * @description What happened
             * @example checkout.session.completed
             */
            type: string;
            /** @description What it is about */
            data: {
                /** @description What it happened to, as it was then. Read again from Stripe: events come late, and in any order */
                object: {
                    /**
                     * @description Its id
                     * @example cs_test_a1
                     */
                    id?: string;
                };
            };
        };
        /**
         * @description That an event was taken
         * @example {
         *       "received": true
         *     }
         */
        StripeReceipt: {
            /** @description Always true */
            received: boolean;
        };
        /** @description The body of `sync.completed` */
        SyncCompletedEvent: {
            /**
             * @description What happened
             * @example sync.completed
             * @constant
             */
            type: "sync.completed";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["SyncJob"];
        };
        /** @description The body of `sync.failed` */
        SyncFailedEvent: {
            /**
             * @description What happened
             * @example sync.failed
             * @constant
             */
            type: "sync.failed";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["SyncJob"];
        };
        /**
         * @description How to sync
         * @example {
         *       "force": true
         *     }
         */
        SyncInput: {
            /**
             * @description Sync what was synced less than 15 minutes ago too
             * @default false
             * @example true
             */
            force?: boolean;
        };
        /**
         * @description A run over one source, or over all active ones of a persona
         * @example {
         *       "id": "syn_01k4zn8w3v7q2m5t9r6x0h1c1b",
         *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *       "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *       "trigger": "request",
         *       "status": "completed",
         *       "progress": 100,
         *       "estimated_cost": 1,
         *       "cost": 1,
         *       "new_count": 1,
         *       "results": [
         *         {
         *           "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *           "status": "completed",
         *           "new_count": 1,
         *           "error": null
         *         }
         *       ],
         *       "error": null,
         *       "created_at": "2026-01-15T09:28:00.052Z",
         *       "started_at": "2026-01-15T09:28:00.407Z",
         *       "finished_at": "2026-01-15T09:28:04.310Z"
         *     }
         */
        SyncJob: {
            /**
             * @description Opaque id, `syn_` and 26 characters
             * @example syn_01k4zn8w3v7q2m5t9r6x0h1c1b
             */
            id: string;
            /**
             * @description The persona whose sources are synced
             * @example per_01k4zn8w3v7q2m5t9r6x0h1cpx
             */
            persona_id: string;
            /**
             * @description The one source; null when it is all of the persona's
             * @example src_01k4zn8w3v7q2m5t9r6x0h1cx3
             */
            source_id: string | null;
            /**
             * @description Who started it
             * @enum {string}
             */
            trigger: "request" | "schedule";
            /**
             * @description `completed` when at least one source could be read, `skipped` when there was none to read: every one was fresh, or none active
             * @enum {string}
             */
            status: "pending" | "running" | "completed" | "failed" | "skipped" | "canceled";
            /**
             * @description How much is done, in percent
             * @example 100
             */
            progress: number;
            /**
             * @description What it costs at most, in credits: one for each source to fetch
             * @example 1
             */
            estimated_cost: number;
            /**
             * @description Credits it cost in the end; null while it goes on
             * @example 1
             */
            cost: number | null;
            /**
             * @description Posts that were new
             * @example 3
             */
            new_count: number;
            /** @description How it went, source by source */
            results: {
                /**
                 * @description Opaque id, `src_` and 26 characters
                 * @example src_01k4zn8w3v7q2m5t9r6x0h1cx3
                 */
                source_id: string;
                /**
                 * @description How it went with this source
                 * @enum {string}
                 */
                status: "pending" | "completed" | "failed" | "skipped";
                /**
                 * @description Posts that were new
                 * @example 3
                 */
                new_count: number;
                /** @description What went wrong */
                error: {
                    /**
                     * @description What went wrong, for programs
                     * @example timeout
                     */
                    code: string;
                    /**
                     * @description What went wrong, for people
                     * @example The feed did not answer in time
                     */
                    message: string;
                } | null;
            }[];
            /** @description What went wrong */
            error: {
                /**
                 * @description What went wrong, for programs
                 * @example timeout
                 */
                code: string;
                /**
                 * @description What went wrong, for people
                 * @example The feed did not answer in time
                 */
                message: string;
            } | null;
            /**
             * Format: date-time
             * @description When it was asked for
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When work on it began
             * @example 2026-01-15T09:30:00.000Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When it ended
             * @example 2026-01-15T09:30:00.000Z
             */
            finished_at: string | null;
        };
        /** @description A page of SyncJob items */
        SyncJobList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["SyncJob"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description Credits that are being bought, or were
         * @example {
         *       "id": "top_01k4zn8w3v7q2m5t9r6x0h1cez",
         *       "credits": 1000,
         *       "amount": 1000,
         *       "currency": "usd",
         *       "provider": "stripe",
         *       "automatic": false,
         *       "status": "paid",
         *       "checkout_url": null,
         *       "instructions": null,
         *       "error": null,
         *       "created_at": "2026-01-12T14:01:09.515Z",
         *       "paid_at": "2026-01-12T14:03:22.806Z"
         *     }
         */
        TopUp: {
            /**
             * @description Opaque id, `top_` and 26 characters
             * @example top_01k4zn8w3v7q2m5t9r6x0h1cez
             */
            id: string;
            /**
             * @description How many
             * @example 1000
             */
            credits: number;
            /**
             * @description Price in the currency's smallest unit
             * @example 1000
             */
            amount: number;
            /**
             * @description ISO 4217, in lower case
             * @example usd
             */
            currency: string;
            /**
             * @description Who takes payments. `manual`: the operator of this server grants credits
             * @enum {string}
             */
            provider: "manual" | "stripe";
            /** @description Whether auto-reload began it */
            automatic: boolean;
            /**
             * @description Credits are there when it is `paid`, and no earlier
             * @enum {string}
             */
            status: "pending" | "paid" | "failed" | "expired" | "refunded";
            /**
             * @description Where to pay; null when there is nothing to do there
             * @example https://checkout.example.com/c/pay/cs_test_a1
             */
            checkout_url: string | null;
            /**
             * @description What to do where there is no page to pay on
             * @example Ask the operator of this server to grant the credits, and name this top-up
             */
            instructions: string | null;
            /**
             * @description Why it failed
             * @example The card was declined
             */
            error: string | null;
            /**
             * Format: date-time
             * @description When it was asked for
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was paid
             * @example 2026-01-15T09:30:00.000Z
             */
            paid_at: string | null;
        };
        /**
         * @description How many credits to buy
         * @example {
         *       "credits": 1000
         *     }
         */
        TopUpInput: {
            /**
             * @description How many
             * @example 1000
             */
            credits: number;
        };
        /** @description A page of TopUp items */
        TopUpList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["TopUp"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description A file
         * @example {
         *       "id": "upl_01k4zn8w3v7q2m5t9r6x0h1cay",
         *       "filename": "nora-coffee.mp4",
         *       "via": "multipart",
         *       "status": "ready",
         *       "progress": 100,
         *       "type": "video/mp4",
         *       "size": 10485760,
         *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *       "width": 1080,
         *       "height": 1920,
         *       "duration_ms": 58000,
         *       "source_url": null,
         *       "parts": null,
         *       "error": null,
         *       "created_at": "2026-01-15T09:12:40.233Z",
         *       "ready_at": "2026-01-15T09:12:46.507Z",
         *       "expires_at": null
         *     }
         */
        Upload: {
            /**
             * @description Opaque id, `upl_` and 26 characters
             * @example upl_01k4zn8w3v7q2m5t9r6x0h1cay
             */
            id: string;
            /**
             * @description The file's name. No path: `/` and `\` become `_`
             * @example nora-coffee.mp4
             */
            filename: string;
            /**
             * @description How it came
             * @enum {string}
             */
            via: "multipart" | "url" | "parts";
            /**
             * @description `pending` while bytes are missing or being checked; only a `ready` one can be downloaded
             * @enum {string}
             */
            status: "pending" | "ready" | "failed";
            /**
             * @description How much has come, in percent, as far as it is known
             * @example 100
             */
            progress: number;
            /**
             * @description What the file is, by its bytes
             * @enum {string|null}
             */
            type: "video/mp4" | "video/quicktime" | "video/webm" | "audio/mpeg" | "audio/wav" | "audio/mp4" | "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "application/pdf" | "text/markdown" | "text/plain" | null;
            /**
             * @description Bytes; of one in parts as announced, of others once they have come
             * @example 10485760
             */
            size: number | null;
            /**
             * @description SHA-256 of the bytes, in hex
             * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            sha256: string | null;
            /**
             * @description Pixels, of a picture or video where it could be read
             * @example 1080
             */
            width: number | null;
            /**
             * @description Pixels, of a picture or video where it could be read
             * @example 1920
             */
            height: number | null;
            /**
             * @description Milliseconds, of sound or video where it could be read
             * @example 58000
             */
            duration_ms: number | null;
            /**
             * Format: uri
             * @description Where it was fetched from; null when it was not
             * @example https://cdn.example.com/coffee-12.mp4
             */
            source_url: string | null;
            /** @description The parts it comes in; null when it does not */
            parts: {
                /**
                 * @description Bytes of every part but the last
                 * @example 8388608
                 */
                size: number;
                /**
                 * @description How many there are
                 * @example 2
                 */
                count: number;
            } | null;
            /** @description Why it failed */
            error: {
                /**
                 * @description What went wrong, for programs: `type_not_allowed`, `too_large`, `fetch_failed` and others
                 * @example type_not_allowed
                 */
                code: string;
                /**
                 * @description What went wrong, for people
                 * @example The file is a ZIP archive
                 */
                message: string;
            } | null;
            /**
             * Format: date-time
             * @description When the upload was begun
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it became ready
             * @example 2026-01-15T09:30:00.000Z
             */
            ready_at: string | null;
            /**
             * Format: date-time
             * @description When an unfinished upload is dropped; null once it is ready
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string | null;
        };
        /** @description The body of `upload.failed` */
        UploadFailedEvent: {
            /**
             * @description What happened
             * @example upload.failed
             * @constant
             */
            type: "upload.failed";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["Upload"];
        };
        /** @description A page of Upload items */
        UploadList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Upload"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description A part that has come
         * @example {
         *       "number": 1,
         *       "size": 8388608,
         *       "created_at": "2026-01-14T21:05:31.870Z"
         *     }
         */
        UploadPart: {
            /**
             * @description Its place, from 1
             * @example 1
             */
            number: number;
            /**
             * @description Bytes
             * @example 8388608
             */
            size: number;
            /**
             * Format: date-time
             * @description When it came
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /** @description The parts that have come */
        UploadPartList: {
            /** @description By number. What is missing is yet to be sent */
            data: components["schemas"]["UploadPart"][];
        };
        /**
         * @description Where a part can be sent without a credential
         * @example {
         *       "number": 1,
         *       "method": "PUT",
         *       "url": "https://files.example.com/org/upl?partNumber=1&signature=3f9a1c",
         *       "size": 8388608,
         *       "headers": {
         *         "content-type": "application/octet-stream"
         *       },
         *       "expires_at": "2026-01-15T09:30:00.000Z"
         *     }
         */
        UploadPartUrl: {
            /**
             * @description The part's place, from 1
             * @example 1
             */
            number: number;
            /**
             * @description The method to send it with
             * @constant
             */
            method: "PUT";
            /**
             * @description Send the bytes here, as they are; straight to the store where it is S3
             * @example https://files.example.com/org/upl?partNumber=1&signature=3f9a1c
             */
            url: string;
            /**
             * @description Bytes that this part must have
             * @example 8388608
             */
            size: number;
            /**
             * @description Headers to send with it
             * @example {
             *       "content-type": "application/octet-stream"
             *     }
             */
            headers: {
                [key: string]: string;
            };
            /**
             * Format: date-time
             * @description Until when the address is good: an hour
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string;
        };
        /** @description The body of `upload.ready` */
        UploadReadyEvent: {
            /**
             * @description What happened
             * @example upload.ready
             * @constant
             */
            type: "upload.ready";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["Upload"];
        };
        /**
         * @description What an organization uses of its plan
         * @example {
         *       "plan": {
         *         "id": "pro",
         *         "name": "Pro",
         *         "api_access": true,
         *         "requests_per_minute": {
         *           "key": 60,
         *           "session": 120
         *         },
         *         "seats": 10,
         *         "storage_bytes": 100000000000,
         *         "file_bytes": 5000000000,
         *         "monthly_credits": 1000
         *       },
         *       "seats": {
         *         "used": 4,
         *         "limit": 10
         *       },
         *       "api_keys": 2,
         *       "brands": 3,
         *       "personas": 3,
         *       "sources": 4,
         *       "storage_bytes": {
         *         "used": 52676916,
         *         "limit": 100000000000
         *       },
         *       "as_of": "2026-01-15T09:30:00.000Z"
         *     }
         */
        Usage: {
            plan: components["schemas"]["Plan"];
            /** @description Members and open invitations */
            seats: {
                /**
                 * @description How much is used now
                 * @example 3
                 */
                used: number;
                /**
                 * @description How much the plan gives; null for no bound
                 * @example 10
                 */
                limit: number | null;
            };
            /**
             * @description Active API keys
             * @example 2
             */
            api_keys: number;
            /**
             * @description Brands
             * @example 1
             */
            brands: number;
            /**
             * @description Personas
             * @example 4
             */
            personas: number;
            /**
             * @description Sources
             * @example 6
             */
            sources: number;
            /** @description Bytes of files kept, with those announced */
            storage_bytes: {
                /**
                 * @description How much is used now
                 * @example 10485760
                 */
                used: number;
                /**
                 * @description How much the plan gives; null for no bound
                 * @example 10
                 */
                limit: number | null;
            };
            /**
             * Format: date-time
             * @description When this was counted
             * @example 2026-01-15T09:30:00.000Z
             */
            as_of: string;
        };
        /**
         * @description A person who can log in
         * @example {
         *       "id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "email": "nora@orangecat.example",
         *       "email_verified": true,
         *       "name": "Nora Lindt",
         *       "created_at": "2025-09-01T07:58:20.331Z"
         *     }
         */
        User: {
            /**
             * @description Opaque id, `usr_` and 26 characters
             * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
             */
            id: string;
            /**
             * Format: email
             * @description The address they log in with; null for a user of an external issuer
             * @example nora@orangecat.example
             */
            email: string | null;
            /** @description Whether the address is known to be theirs */
            email_verified: boolean;
            /**
             * @description Shown to your team
             * @example Nora Lindt
             */
            name: string;
            /**
             * Format: date-time
             * @description When the user signed up
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /**
         * @description A session of yours
         * @example {
         *       "id": "ses_01k4zn8w3v7q2m5t9r6x0h1ctq",
         *       "current": true,
         *       "created_at": "2026-01-15T08:02:17.244Z",
         *       "expires_at": "2026-02-14T09:19:52.016Z"
         *     }
         */
        UserSession: {
            /**
             * @description Opaque id, `ses_` and 26 characters
             * @example ses_01k4zn8w3v7q2m5t9r6x0h1ctq
             */
            id: string;
            /** @description Whether it is the session of this request */
            current: boolean;
            /**
             * Format: date-time
             * @description When you logged in
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends, unless it is refreshed
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at: string;
        };
        /** @description A page of UserSession items */
        UserSessionList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["UserSession"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description Proof that an address is yours
         * @example {
         *       "token": "rmm_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4"
         *     }
         */
        VerifyEmailInput: {
            /**
             * @description The token from the mail; it works once
             * @example rmm_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4
             */
            token: string;
        };
        /**
         * @description An endpoint that is told of events, without its secret
         * @example {
         *       "id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
         *       "url": "https://hooks.example.com/reelmark",
         *       "description": "Storefront cache",
         *       "events": [
         *         "sync.completed",
         *         "upload.ready"
         *       ],
         *       "status": "enabled",
         *       "disabled_reason": null,
         *       "disabled_at": null,
         *       "failing_since": null,
         *       "secret_expires_at": null,
         *       "created_at": "2026-01-12T08:52:30.981Z",
         *       "updated_at": "2026-01-12T08:52:30.981Z"
         *     }
         */
        Webhook: {
            /**
             * @description Opaque id, `whk_` and 26 characters
             * @example whk_01k4zn8w3v7q2m5t9r6x0h1ckj
             */
            id: string;
            /**
             * Format: uri
             * @description Where events are sent, by POST. Redirects are not followed
             * @example https://hooks.example.com/reelmark
             */
            url: string;
            /**
             * @description What it is for, for your team
             * @example Storefront cache
             */
            description: string | null;
            /**
             * @description Which events it is told of; null for all
             * @example [
             *       "sync.completed",
             *       "upload.ready"
             *     ]
             */
            events: components["schemas"]["EventName"][] | null;
            /**
             * @description A disabled endpoint is sent nothing
             * @enum {string}
             */
            status: "enabled" | "disabled";
            /**
             * @description `request` by you, `gone` because it answered 410, `failing` because nothing got through for three days
             * @enum {string|null}
             */
            disabled_reason: "request" | "gone" | "failing" | null;
            /**
             * Format: date-time
             * @description When it was disabled
             * @example 2026-01-15T09:30:00.000Z
             */
            disabled_at: string | null;
            /**
             * Format: date-time
             * @description Since when no delivery has got through; null when the last one did
             * @example 2026-01-15T09:30:00.000Z
             */
            failing_since: string | null;
            /**
             * Format: date-time
             * @description Until when the former secret signs too, after a rotation; null when there is one secret
             * @example 2026-01-15T09:30:00.000Z
             */
            secret_expires_at: string | null;
            /**
             * Format: date-time
             * @description When the endpoint was created
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the endpoint last changed
             * @example 2026-01-15T09:30:00.000Z
             */
            updated_at: string;
        };
        /**
         * @description An event on its way to an endpoint
         * @example {
         *       "id": "dlv_01k4zn8w3v7q2m5t9r6x0h1c7w",
         *       "webhook_id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
         *       "event_id": "msg_01k4zn8w3v7q2m5t9r6x0h1ctg",
         *       "event_type": "sync.completed",
         *       "status": "delivered",
         *       "attempt_count": 2,
         *       "next_attempt_at": null,
         *       "response_status": 204,
         *       "created_at": "2026-01-15T09:28:04.310Z",
         *       "delivered_at": "2026-01-15T09:28:10.226Z"
         *     }
         */
        WebhookDelivery: {
            /**
             * @description Opaque id, `dlv_` and 26 characters
             * @example dlv_01k4zn8w3v7q2m5t9r6x0h1c7w
             */
            id: string;
            /**
             * @description The endpoint
             * @example whk_01k4zn8w3v7q2m5t9r6x0h1ckj
             */
            webhook_id: string;
            /**
             * @description The event
             * @example msg_01k4zn8w3v7q2m5t9r6x0h1ctg
             */
            event_id: string;
            event_type: components["schemas"]["EventName"];
            /**
             * @description `failed` when every attempt did, or the endpoint was disabled; it can be sent again
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /**
             * @description How often it was tried
             * @example 1
             */
            attempt_count: number;
            /**
             * Format: date-time
             * @description When it is tried next; null when it is not
             * @example 2026-01-15T09:30:00.000Z
             */
            next_attempt_at: string | null;
            /**
             * @description What the endpoint last answered
             * @example 204
             */
            response_status: number | null;
            /**
             * Format: date-time
             * @description When it was first due
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it got through
             * @example 2026-01-15T09:30:00.000Z
             */
            delivered_at: string | null;
        };
        /**
         * @description A delivery with its attempts
         * @example {
         *       "id": "dlv_01k4zn8w3v7q2m5t9r6x0h1c7w",
         *       "webhook_id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
         *       "event_id": "msg_01k4zn8w3v7q2m5t9r6x0h1ctg",
         *       "event_type": "sync.completed",
         *       "status": "delivered",
         *       "attempt_count": 2,
         *       "next_attempt_at": null,
         *       "response_status": 204,
         *       "created_at": "2026-01-15T09:28:04.310Z",
         *       "delivered_at": "2026-01-15T09:28:10.226Z",
         *       "attempts": [
         *         {
         *           "number": 1,
         *           "started_at": "2026-01-15T09:28:04.602Z",
         *           "duration_ms": 318,
         *           "response_status": 503,
         *           "error": null
         *         },
         *         {
         *           "number": 2,
         *           "started_at": "2026-01-15T09:28:10.107Z",
         *           "duration_ms": 119,
         *           "response_status": 204,
         *           "error": null
         *         }
         *       ]
         *     }
         */
        WebhookDeliveryDetail: {
            /**
             * @description Opaque id, `dlv_` and 26 characters
             * @example dlv_01k4zn8w3v7q2m5t9r6x0h1c7w
             */
            id: string;
            /**
             * @description The endpoint
             * @example whk_01k4zn8w3v7q2m5t9r6x0h1ckj
             */
            webhook_id: string;
            /**
             * @description The event
             * @example msg_01k4zn8w3v7q2m5t9r6x0h1ctg
             */
            event_id: string;
            event_type: components["schemas"]["EventName"];
            /**
             * @description `failed` when every attempt did, or the endpoint was disabled; it can be sent again
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /**
             * @description How often it was tried
             * @example 1
             */
            attempt_count: number;
            /**
             * Format: date-time
             * @description When it is tried next; null when it is not
             * @example 2026-01-15T09:30:00.000Z
             */
            next_attempt_at: string | null;
            /**
             * @description What the endpoint last answered
             * @example 204
             */
            response_status: number | null;
            /**
             * Format: date-time
             * @description When it was first due
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it got through
             * @example 2026-01-15T09:30:00.000Z
             */
            delivered_at: string | null;
            /** @description Its attempts, the first one first: the last 100 when there were more */
            attempts: {
                /**
                 * @description Which attempt it was, from 1
                 * @example 1
                 */
                number: number;
                /**
                 * Format: date-time
                 * @description When it began
                 * @example 2026-01-15T09:30:00.000Z
                 */
                started_at: string;
                /**
                 * @description How long it took, in milliseconds
                 * @example 120
                 */
                duration_ms: number;
                /**
                 * @description What the endpoint answered; null when it did not
                 * @example 500
                 */
                response_status: number | null;
                /**
                 * @description Why there was no answer; null when there was one
                 * @example No answer yet
                 */
                error: string | null;
            }[];
        };
        /** @description A page of WebhookDelivery items */
        WebhookDeliveryList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["WebhookDelivery"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /** @description The body of `webhook.disabled` */
        WebhookDisabledEvent: {
            /**
             * @description What happened
             * @example webhook.disabled
             * @constant
             */
            type: "webhook.disabled";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["DisabledWebhook"];
        };
        /**
         * @description Something that happened
         * @example {
         *       "id": "msg_01k4zn8w3v7q2m5t9r6x0h1ctg",
         *       "type": "sync.completed",
         *       "payload": {
         *         "type": "sync.completed",
         *         "timestamp": "2026-01-15T09:28:04.310Z",
         *         "data": {
         *           "id": "syn_01k4zn8w3v7q2m5t9r6x0h1c1b",
         *           "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *           "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *           "trigger": "request",
         *           "status": "completed",
         *           "progress": 100,
         *           "estimated_cost": 1,
         *           "cost": 1,
         *           "new_count": 1,
         *           "results": [
         *             {
         *               "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
         *               "status": "completed",
         *               "new_count": 1,
         *               "error": null
         *             }
         *           ],
         *           "error": null,
         *           "created_at": "2026-01-15T09:28:00.052Z",
         *           "started_at": "2026-01-15T09:28:00.407Z",
         *           "finished_at": "2026-01-15T09:28:04.310Z"
         *         }
         *       },
         *       "created_at": "2026-01-15T09:28:04.310Z"
         *     }
         */
        WebhookEvent: {
            /**
             * @description Its id: the `webhook-id` of every delivery of it
             * @example msg_01k4zn8w3v7q2m5t9r6x0h1ctg
             */
            id: string;
            type: components["schemas"]["EventName"];
            /**
             * @description The body as it is sent
             * @example {
             *       "type": "webhook.test",
             *       "timestamp": "2026-01-15T09:30:00.000Z",
             *       "data": {
             *         "message": "A test of this endpoint"
             *       }
             *     }
             */
            payload: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            created_at: string;
        };
        /** @description A page of WebhookEvent items */
        WebhookEventList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["WebhookEvent"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description A new endpoint
         * @example {
         *       "url": "https://hooks.example.com/reelmark",
         *       "description": "Storefront cache",
         *       "events": [
         *         "sync.completed",
         *         "upload.ready"
         *       ]
         *     }
         */
        WebhookInput: {
            /**
             * Format: uri
             * @description Where events are sent, by POST. Redirects are not followed
             * @example https://hooks.example.com/reelmark
             */
            url: string;
            /**
             * @description What it is for, for your team
             * @example Storefront cache
             */
            description?: string | null;
            /**
             * @description Which events it is told of; null for all
             * @example [
             *       "sync.completed",
             *       "upload.ready"
             *     ]
             */
            events?: components["schemas"]["EventName"][] | null;
        };
        /** @description A page of Webhook items */
        WebhookList: {
            /** @description The items of this page, in the list's order */
            data: components["schemas"]["Webhook"][];
            /**
             * @description How many items there are under these filters; absent when paging by `cursor`
             * @example 1
             */
            count?: number;
            /**
             * @description Send as `cursor` for the next page; null on the last
             * @example eyJpIjoicGVyXzAxIn0
             */
            next_cursor: string | null;
        };
        /**
         * @description What to change of an endpoint
         * @example {
         *       "url": "https://hooks.example.com/reelmark",
         *       "description": "Storefront cache",
         *       "events": [
         *         "sync.completed",
         *         "upload.ready"
         *       ],
         *       "status": "enabled"
         *     }
         */
        WebhookPatch: {
            /**
             * Format: uri
             * @description Where events are sent, by POST. Redirects are not followed
             * @example https://hooks.example.com/reelmark
             */
            url?: string;
            /**
             * @description What it is for, for your team
             * @example Storefront cache
             */
            description?: string | null;
            /**
             * @description Which events it is told of; null for all
             * @example [
             *       "sync.completed",
             *       "upload.ready"
             *     ]
             */
            events?: components["schemas"]["EventName"][] | null;
            /**
             * @description A disabled endpoint is sent nothing
             * @enum {string}
             */
            status?: "enabled" | "disabled";
        };
        /**
         * @description What a test event carries
         * @example {
         *       "message": "A test of this endpoint"
         *     }
         */
        WebhookTest: {
            /**
             * @description Says that it is a test
             * @example A test of this endpoint
             */
            message: string;
        };
        /** @description The body of `webhook.test` */
        WebhookTestEvent: {
            /**
             * @description What happened
             * @example webhook.test
             * @constant
             */
            type: "webhook.test";
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-01-15T09:30:00.000Z
             */
            timestamp: string;
            data: components["schemas"]["WebhookTest"];
        };
    };
    responses: {
        /** @description `VALIDATION_ERROR`: The request does not fit the contract; every issue is in `details.issues`. */
        ValidationError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `FORBIDDEN`: The credential is good but may not do this; `details` names what is missing. `PLAN_LIMIT`: The organization's plan does not include this. */
        ForbiddenOrPlanLimitUnchallenged: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `NOT_FOUND`: Nothing with this id is visible to the credential. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `CONFLICT`: The request contradicts the present state, or its twin is still in flight. */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `PAYLOAD_TOO_LARGE`: The body is larger than this operation accepts. */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UNSUPPORTED_MEDIA_TYPE`: The body's media type is not one this operation reads. */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `RATE_LIMITED`: Too many requests; `Retry-After` says when to come back. */
        RateLimited: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `INTERNAL_ERROR`: The server failed; the request id finds the cause in its log. */
        InternalError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `SERVICE_UNAVAILABLE`: The server cannot do this right now; `Retry-After` says when to come back. */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UNAUTHORIZED`: No credential was sent, or the session is no longer good. */
        UnauthorizedCounted: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `INVALID_API_KEY`: The API key is unknown, revoked, expired or deleted. `UNAUTHORIZED`: No credential was sent, or the session is no longer good. */
        InvalidApiKeyOrUnauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `FORBIDDEN`: The credential is good but may not do this; `details` names what is missing. */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `FORBIDDEN`: The credential is good but may not do this; `details` names what is missing. `PLAN_LIMIT`: The organization's plan does not include this. */
        ForbiddenOrPlanLimit: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `PRECONDITION_FAILED`: `If-Match` does not name the present version. */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `CONFLICT`: The request contradicts the present state, or its twin is still in flight. `IDEMPOTENCY_MISMATCH`: The idempotency key was used with another request. */
        ConflictOrIdempotencyMismatch: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UPSTREAM_ERROR`: A service that this operation depends on failed. */
        UpstreamError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UNAUTHORIZED`: No credential was sent, or the session is no longer good. */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `INSUFFICIENT_BALANCE`: The balance does not cover the credits this operation costs. */
        InsufficientBalance: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `FORBIDDEN`: The credential is good but may not do this; `details` names what is missing. */
        ForbiddenUnchallenged: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
        "Idempotency-Key": string;
        /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
        "If-Match": string;
        /** @description An `ETag` that you have: 304 when it is still the present version */
        "If-None-Match": string;
        /** @description The last `id` that you have read: the stream goes on after it, without a gap. Without it, from now on */
        "Last-Event-ID": string;
        /** @description The bytes wanted, one range (RFC 9110 §14.2). What cannot be satisfied gets the whole, with 200 */
        Range: string;
        /** @description The event's id, the same at each attempt: drop what you have seen */
        "webhook-id": string;
        /**
         * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
         *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
         */
        "webhook-signature": string;
        /** @description When this attempt was signed, in Unix seconds: refuse old ones */
        "webhook-timestamp": string;
        /** @description Which organization to act for. Needed by the session of a user who is in several */
        "X-Organization-Id": string;
    };
    requestBodies: never;
    headers: {
        /** @description Which bytes these are (RFC 9110 §14.4) */
        "Content-Range": string;
        /** @description The version of the resource, for `If-None-Match` and `If-Match` (RFC 9110 §8.8.3) */
        ETag: string;
        /** @description `true` when this is the stored answer of an earlier request with the same key */
        "Idempotent-Replayed": string;
        /** @description Where the resource is (RFC 9110 §10.2.2) */
        Location: string;
        /** @description Seconds to wait before the next try (RFC 9110 §10.2.3) */
        "Retry-After": number;
        /** @description How to authenticate, and what was wrong (RFC 6750 §3) */
        "WWW-Authenticate": string;
        /** @description Requests allowed in the present window */
        "X-RateLimit-Limit": number;
        /** @description Requests left in the present window */
        "X-RateLimit-Remaining": number;
        /** @description When the window ends, in Unix seconds */
        "X-RateLimit-Reset": number;
        /** @description Names this request in logs and error reports; yours is kept when well formed, and replaced otherwise */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    signUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUpInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["ValidationError"];
            403: components["responses"]["ForbiddenOrPlanLimitUnchallenged"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["UnauthorizedCounted"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefreshInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["UnauthorizedCounted"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    requestEmailVerification: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mail is on its way */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    verifyEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyEmailInput"];
            };
        };
        responses: {
            /** @description The address is verified */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["UnauthorizedCounted"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetRequest"];
            };
        };
        responses: {
            /** @description If the address has an account, a mail is on its way */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetInput"];
            };
        };
        responses: {
            /** @description The password is changed; log in with it */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["UnauthorizedCounted"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The password is changed */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserSessionList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The session's id */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProfile: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteAccount: {
        parameters: {
            query: {
                /** @description Your name, exactly as in your profile */
                confirm: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your account is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateProfile: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfilePatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listGrants: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeGrant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The grant's id */
                grant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The program is shut out */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description `revoked` is permanent; `expired` when `expires_at` has passed */
                status?: "active" | "revoked" | "expired";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The API key's id */
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The API key's id */
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The API key's id */
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The API key's id */
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateApiKeyInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The API key's id */
                api_key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listOrganizations: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteOrganization: {
        parameters: {
            query: {
                /** @description The organization's name, exactly */
                confirm: string;
            };
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organization is gone, with everything in it */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description What a member may do: the Roles guide has the table */
                role?: "owner" | "admin" | "member" | "viewer";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The user's id */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are no longer a member */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The user's id */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    leaveOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You are no longer a member */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The invitation's id */
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The invitation is gone; its token is dead */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcceptInvitationInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listPlans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
            400: components["responses"]["ValidationError"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUsage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBalance: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balance"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listTransactions: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description `grant` by the operator (negative when taken back), `monthly` by the plan, `topup` by payment; `hold` sets aside, `capture` spends what was held, `release` gives it back; `refund` takes back what a payment brought, as far as it is not spent */
                kind?: "grant" | "monthly" | "topup" | "hold" | "capture" | "release" | "refund";
                /** @description Only movements of this hold */
                hold_id?: string;
                /** @description Only movements at or after this time */
                since?: string;
                /** @description Only movements before this time */
                until?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreditTransactionList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createTopUp: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TopUpInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "top_01k4zn8w3v7q2m5t9r6x0h1cez",
                     *       "credits": 1000,
                     *       "amount": 1000,
                     *       "currency": "usd",
                     *       "provider": "stripe",
                     *       "automatic": false,
                     *       "status": "pending",
                     *       "checkout_url": "https://checkout.example.com/c/pay/cs_test_a1",
                     *       "instructions": null,
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "paid_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["TopUp"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listTopUps: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopUpList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getTopUp: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The top-up's id */
                topup_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopUp"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getAutoReload: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoReload"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setAutoReload: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AutoReloadInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoReload"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBillingPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillingPlan"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    changeBillingPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BillingPlanInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "plan": {
                     *         "id": "pro",
                     *         "name": "Pro",
                     *         "api_access": true,
                     *         "requests_per_minute": {
                     *           "key": 60,
                     *           "session": 120
                     *         },
                     *         "seats": 10,
                     *         "storage_bytes": 100000000000,
                     *         "file_bytes": 5000000000,
                     *         "monthly_credits": 1000
                     *       },
                     *       "provider": "stripe",
                     *       "pending_plan": "scale",
                     *       "checkout_url": "https://checkout.example.com/c/pay/cs_test_b2",
                     *       "renews_at": "2026-02-01T00:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["BillingPlan"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    receiveStripeEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StripeEvent"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StripeReceipt"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["Unauthorized"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAuditEvents: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description Only events of this operation id */
                operation?: string;
                /** @description Only events of this user */
                user_id?: string;
                /** @description Only events of this resource */
                resource_id?: string;
                /** @description Only events at or after this time */
                since?: string;
                /** @description Only events before this time */
                until?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEventList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description A disabled endpoint is sent nothing */
                status?: "enabled" | "disabled";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The webhook endpoint's id */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The webhook endpoint's id */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The webhook endpoint's id */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The webhook endpoint's id */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateWebhookSecretInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The webhook endpoint's id */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "dlv_01k4zn8w3v7q2m5t9r6x0h1c7w",
                     *       "webhook_id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
                     *       "event_id": "msg_01kerph7nrsjrtvxzj6f07fhzv",
                     *       "event_type": "webhook.test",
                     *       "status": "pending",
                     *       "attempt_count": 0,
                     *       "next_attempt_at": "2026-01-15T09:30:00.000Z",
                     *       "response_status": null,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "delivered_at": null,
                     *       "attempts": []
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookDeliveryDetail"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description What can happen */
                type?: components["schemas"]["EventName"];
                /** @description Only events at or after this time */
                since?: string;
                /** @description Only events before this time */
                until?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEventList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description What can happen */
                type?: components["schemas"]["EventName"];
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
                /** @description The last `id` that you have read: the stream goes on after it, without a gap. Without it, from now on */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of server-sent events (WHATWG HTML §9.2) */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["WebhookEvent"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The event's id */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEvent"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description Only deliveries to this endpoint */
                webhook_id?: string;
                /** @description Only deliveries of this event */
                event_id?: string;
                /** @description Only deliveries in this state */
                status?: "pending" | "delivered" | "failed";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWebhookDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The delivery's id */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryDetail"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    redeliverWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The delivery's id */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "dlv_01k4zn8w3v7q2m5t9r6x0h1c7w",
                     *       "webhook_id": "whk_01k4zn8w3v7q2m5t9r6x0h1ckj",
                     *       "event_id": "msg_01k4zn8w3v7q2m5t9r6x0h1ctg",
                     *       "event_type": "sync.completed",
                     *       "status": "pending",
                     *       "attempt_count": 2,
                     *       "next_attempt_at": "2026-01-15T09:30:00.000Z",
                     *       "response_status": 204,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "delivered_at": null,
                     *       "attempts": [
                     *         {
                     *           "number": 1,
                     *           "started_at": "2026-01-15T09:28:04.602Z",
                     *           "duration_ms": 318,
                     *           "response_status": 503,
                     *           "error": null
                     *         },
                     *         {
                     *           "number": 2,
                     *           "started_at": "2026-01-15T09:28:10.107Z",
                     *           "duration_ms": 119,
                     *           "response_status": 204,
                     *           "error": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookDeliveryDetail"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listBrands: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description An archived brand keeps its history, its slug and its place, and takes no new work */
                status?: "active" | "archived";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BrandList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createBrand: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BrandInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Brand"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBrand: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The brand's id */
                brand_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Brand"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteBrand: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The brand's id */
                brand_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The brand is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateBrand: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The brand's id */
                brand_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BrandPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Brand"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    reorderBrands: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BrandOrder"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BrandsInOrder"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listPersonas: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description Only personas of this brand */
                brand_id?: string;
                /** @description An archived persona keeps its history and publishes nothing */
                status?: "active" | "archived";
                /** @description Only personas whose name contains this very text, in any case */
                name?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonaList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createPersona: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonaInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Persona"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getPersona: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The persona's id */
                persona_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Persona"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deletePersona: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The persona's id */
                persona_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The persona is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updatePersona: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The persona's id */
                persona_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonaPatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Persona"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSources: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description Only sources of this persona */
                persona_id?: string;
                /** @description A paused source keeps its posts and is not synced. One whose feed answers 410 Gone is paused by the server */
                status?: "active" | "paused";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The source's id */
                source_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The source's id */
                source_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The source and its posts are gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The source's id */
                source_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourcePatch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSourcePosts: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description Only posts of this source */
                source_id?: string;
                /** @description Only posts of this persona's sources */
                persona_id?: string;
                /** @description Only posts with files, or only those without */
                has_media?: boolean;
                /** @description Only posts published at or after this time */
                published_since?: string;
                /** @description Only posts published before this time */
                published_until?: string;
                /** @description Only posts with this very text in title or summary, in any case */
                text?: string;
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourcePostList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSourcePost: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The source post's id */
                source_post_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourcePost"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    importSourcePostMedia: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The source post's id */
                source_post_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourcePostMediaInput"];
            };
        };
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01k4zn8w3v7q2m5t9r6x0h1cay",
                     *       "filename": "coffee-12.mp4",
                     *       "via": "url",
                     *       "status": "pending",
                     *       "progress": 0,
                     *       "type": null,
                     *       "size": null,
                     *       "sha256": null,
                     *       "width": null,
                     *       "height": null,
                     *       "duration_ms": null,
                     *       "source_url": "https://cdn.example.com/coffee-12.mp4",
                     *       "parts": null,
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "ready_at": null,
                     *       "expires_at": "2026-01-16T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    syncPersona: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The persona's id */
                persona_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SyncInput"];
            };
        };
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "syn_01k4zn8w3v7q2m5t9r6x0h1c1b",
                     *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
                     *       "source_id": null,
                     *       "trigger": "request",
                     *       "status": "pending",
                     *       "progress": 0,
                     *       "estimated_cost": 1,
                     *       "cost": null,
                     *       "new_count": 0,
                     *       "results": [
                     *         {
                     *           "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
                     *           "status": "pending",
                     *           "new_count": 0,
                     *           "error": null
                     *         }
                     *       ],
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:28:00.052Z",
                     *       "started_at": null,
                     *       "finished_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["SyncJob"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            402: components["responses"]["InsufficientBalance"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    syncSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The source's id */
                source_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SyncInput"];
            };
        };
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "syn_01k4zn8w3v7q2m5t9r6x0h1c1b",
                     *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
                     *       "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
                     *       "trigger": "request",
                     *       "status": "pending",
                     *       "progress": 0,
                     *       "estimated_cost": 1,
                     *       "cost": null,
                     *       "new_count": 0,
                     *       "results": [
                     *         {
                     *           "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
                     *           "status": "pending",
                     *           "new_count": 0,
                     *           "error": null
                     *         }
                     *       ],
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:28:00.052Z",
                     *       "started_at": null,
                     *       "finished_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["SyncJob"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            402: components["responses"]["InsufficientBalance"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSyncJobs: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description Only those of this persona */
                persona_id?: string;
                /** @description Only those of this one source */
                source_id?: string;
                /** @description `completed` when at least one source could be read, `skipped` when there was none to read: every one was fresh, or none active */
                status?: "pending" | "running" | "completed" | "failed" | "skipped" | "canceled";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncJobList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSyncJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The sync job's id */
                sync_job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncJob"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelSyncJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The sync job's id */
                sync_job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "syn_01k4zn8w3v7q2m5t9r6x0h1c1b",
                     *       "persona_id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
                     *       "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
                     *       "trigger": "request",
                     *       "status": "canceled",
                     *       "progress": 0,
                     *       "estimated_cost": 1,
                     *       "cost": 0,
                     *       "new_count": 0,
                     *       "results": [
                     *         {
                     *           "source_id": "src_01k4zn8w3v7q2m5t9r6x0h1cx3",
                     *           "status": "pending",
                     *           "new_count": 0,
                     *           "error": null
                     *         }
                     *       ],
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:28:00.052Z",
                     *       "started_at": "2026-01-15T09:28:00.407Z",
                     *       "finished_at": "2026-01-15T09:28:01.736Z"
                     *     }
                     */
                    "application/json": components["schemas"]["SyncJob"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listUploads: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description `pending` while bytes are missing or being checked; only a `ready` one can be downloaded */
                status?: "pending" | "ready" | "failed";
                /** @description Only files of this type */
                type?: "video/mp4" | "video/quicktime" | "video/webm" | "audio/mpeg" | "audio/wav" | "audio/mp4" | "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "application/pdf" | "text/markdown" | "text/plain";
            };
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * @description The file. Its part's `filename` names the upload, without a path before it
                     * @example the file's bytes
                     */
                    file: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    importUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportUploadInput"];
            };
        };
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01k4zn8w3v7q2m5t9r6x0h1cay",
                     *       "filename": "coffee-12.mp4",
                     *       "via": "url",
                     *       "status": "pending",
                     *       "progress": 0,
                     *       "type": null,
                     *       "size": null,
                     *       "sha256": null,
                     *       "width": null,
                     *       "height": null,
                     *       "duration_ms": null,
                     *       "source_url": "https://cdn.example.com/coffee-12.mp4",
                     *       "parts": null,
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "ready_at": null,
                     *       "expires_at": "2026-01-16T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have: 304 when it is still the present version */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description Not modified: `If-None-Match` names the present version */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file is gone */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createDownloadUrl: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadUrl"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadUpload: {
        parameters: {
            query: {
                /** @description Until when the address is good, in Unix seconds */
                expires: number;
                /** @description Proof that this server made the address */
                signature: string;
            };
            header?: {
                /** @description The bytes wanted, one range (RFC 9110 §14.2). What cannot be satisfied gets the whole, with 200 */
                Range?: components["parameters"]["Range"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The part of the file that `Range` asked for */
            206: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Content-Range": components["headers"]["Content-Range"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            400: components["responses"]["ValidationError"];
            403: components["responses"]["ForbiddenUnchallenged"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createResumableUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResumableUploadInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01k4zn8w3v7q2m5t9r6x0h1cay",
                     *       "filename": "nora-coffee.mp4",
                     *       "via": "parts",
                     *       "status": "pending",
                     *       "progress": 0,
                     *       "type": null,
                     *       "size": 10485760,
                     *       "sha256": null,
                     *       "width": null,
                     *       "height": null,
                     *       "duration_ms": null,
                     *       "source_url": null,
                     *       "parts": {
                     *         "size": 8388608,
                     *         "count": 2
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "ready_at": null,
                     *       "expires_at": "2026-01-16T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            409: components["responses"]["ConflictOrIdempotencyMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listUploadParts: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadPartList"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    putUploadPart: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
                /** @description The part's place, from 1 */
                part_number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadPart"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createUploadPartUrl: {
        parameters: {
            query?: never;
            header?: {
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
                /** @description The part's place, from 1 */
                part_number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadPartUrl"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    putSignedUploadPart: {
        parameters: {
            query: {
                /** @description Until when the address is good, in Unix seconds */
                expires: number;
                /** @description Proof that this server made the address */
                signature: string;
            };
            header?: never;
            path: {
                /** @description The upload's id */
                upload_id: string;
                /** @description The part's place, from 1 */
                part_number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadPart"];
                };
            };
            400: components["responses"]["ValidationError"];
            403: components["responses"]["ForbiddenUnchallenged"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    completeUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Which organization to act for. Needed by the session of a user who is in several */
                "X-Organization-Id"?: components["parameters"]["X-Organization-Id"];
            };
            path: {
                /** @description The upload's id */
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: the work goes on; follow it at `Location` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01k4zn8w3v7q2m5t9r6x0h1cay",
                     *       "filename": "nora-coffee.mp4",
                     *       "via": "parts",
                     *       "status": "pending",
                     *       "progress": 100,
                     *       "type": null,
                     *       "size": 10485760,
                     *       "sha256": null,
                     *       "width": null,
                     *       "height": null,
                     *       "duration_ms": null,
                     *       "source_url": null,
                     *       "parts": {
                     *         "size": 8388608,
                     *         "count": 2
                     *       },
                     *       "error": null,
                     *       "created_at": "2026-01-15T09:30:00.000Z",
                     *       "ready_at": null,
                     *       "expires_at": "2026-01-16T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["ValidationError"];
            401: components["responses"]["InvalidApiKeyOrUnauthorized"];
            403: components["responses"]["ForbiddenOrPlanLimit"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["UpstreamError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    sourceCreated: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceCreatedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    sourceUpdated: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceUpdatedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    sourceDeleted: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceDeletedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    sourceFailing: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceFailingEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    syncCompleted: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SyncCompletedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    syncFailed: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SyncFailedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    uploadReady: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadReadyEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    uploadFailed: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadFailedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    apiKeyCreated: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyCreatedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    apiKeyRevoked: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyRevokedEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    billingBalanceLow: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BillingBalanceLowEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    webhookDisabled: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookDisabledEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    webhookTest: {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id, the same at each attempt: drop what you have seen */
                "webhook-id": components["parameters"]["webhook-id"];
                /** @description When this attempt was signed, in Unix seconds: refuse old ones */
                "webhook-timestamp": components["parameters"]["webhook-timestamp"];
                /**
                 * @description One signature for each secret that is good, parted by a space; any may verify: `v1,` and the base64 of HMAC-SHA256
                 *     over webhook-id, webhook-timestamp and the body as it came, joined by dots
                 */
                "webhook-signature": components["parameters"]["webhook-signature"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookTestEvent"];
            };
        };
        responses: {
            /** @description Taken. Any 2xx counts; anything else is tried again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
