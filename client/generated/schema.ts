// Made by `npm run generate` from spec/. Do not edit.
export interface paths {
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
         * @description Deletes it with everything in it, at once and for good: what was paid for too, so it wants `billing:write`, which owners alone have. By a session, and only when `confirm` is its exact name.
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
         * @description Revoke an invitation.
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
         * @description A name that the brand already has is a 409, and so is an archived brand.
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
         * @description Delete a persona.
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
}
export type webhooks = Record<string, never>;
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
         *       "expires_at": "2026-01-15T09:30:00.000Z",
         *       "last_used_at": "2026-01-15T09:30:00.000Z",
         *       "created_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "created_at": "2026-01-15T09:30:00.000Z"
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
        /**
         * @description A new API key
         * @example {
         *       "label": "Storefront",
         *       "scopes": [
         *         "brands:read",
         *         "personas:read",
         *         "personas:write"
         *       ],
         *       "expires_at": "2026-01-15T09:30:00.000Z"
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
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at?: string | null;
        };
        /**
         * @description A page of ApiKey items
         * @example {
         *       "data": [
         *         {
         *           "id": "key_01k4zn8w3v7q2m5t9r6x0h1cr7",
         *           "label": "Storefront",
         *           "prefix": "rm_3f9a1c2",
         *           "scopes": [
         *             "brands:read",
         *             "personas:read",
         *             "personas:write"
         *           ],
         *           "status": "active",
         *           "expires_at": "2026-01-15T09:30:00.000Z",
         *           "last_used_at": "2026-01-15T09:30:00.000Z",
         *           "created_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *           "created_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
         *       "expires_at": "2026-01-15T09:30:00.000Z"
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
             * @example 2026-01-15T09:30:00.000Z
             */
            expires_at?: string | null;
        };
        /**
         * @description Who changed what. Written with the change, never changed after
         * @example {
         *       "id": "evt_01k4zn8w3v7q2m5t9r6x0h1cw3",
         *       "operation": "createBrand",
         *       "actor": {
         *         "kind": "api_key",
         *         "user_id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *         "credential_id": "key_01k4zn8w3v7q2m5t9r6x0h1cr7"
         *       },
         *       "resource": {
         *         "kind": "brand",
         *         "id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5"
         *       },
         *       "fields": [
         *         "name",
         *         "slug"
         *       ],
         *       "request_id": "req_01k4zn8w3v7q2m5t9r6x0h1cqs",
         *       "address": "203.0.113.7",
         *       "created_at": "2026-01-15T09:30:00.000Z"
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
                 * @description What kind of credential acted
                 * @example api_key
                 * @enum {string}
                 */
                kind: "session" | "api_key" | "operator" | "anonymous";
                /**
                 * @description The user behind it
                 * @example usr_01k4zn8w3v7q2m5t9r6x0h1cd1
                 */
                user_id: string | null;
                /**
                 * @description The session's or key's id
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
        /**
         * @description A page of AuditEvent items
         * @example {
         *       "data": [
         *         {
         *           "id": "evt_01k4zn8w3v7q2m5t9r6x0h1cw3",
         *           "operation": "createBrand",
         *           "actor": {
         *             "kind": "api_key",
         *             "user_id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *             "credential_id": "key_01k4zn8w3v7q2m5t9r6x0h1cr7"
         *           },
         *           "resource": {
         *             "kind": "brand",
         *             "id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5"
         *           },
         *           "fields": [
         *             "name",
         *             "slug"
         *           ],
         *           "request_id": "req_01k4zn8w3v7q2m5t9r6x0h1cqs",
         *           "address": "203.0.113.7",
         *           "created_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
         * @description What you publish for
         * @example {
         *       "id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *       "name": "Orange Cat Coffee",
         *       "slug": "orange-cat-coffee",
         *       "description": "Small-batch coffee, roasted on Mondays",
         *       "timezone": "Europe/Zurich",
         *       "status": "active",
         *       "position": 0,
         *       "created_at": "2026-01-15T09:30:00.000Z",
         *       "updated_at": "2026-01-15T09:30:00.000Z"
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
             * @description An archived brand keeps its history and takes no new work
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
         *       "timezone": "UTC"
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
        /**
         * @description A page of Brand items
         * @example {
         *       "data": [
         *         {
         *           "id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *           "name": "Orange Cat Coffee",
         *           "slug": "orange-cat-coffee",
         *           "description": "Small-batch coffee, roasted on Mondays",
         *           "timezone": "Europe/Zurich",
         *           "status": "active",
         *           "position": 0,
         *           "created_at": "2026-01-15T09:30:00.000Z",
         *           "updated_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
             * @description An archived brand keeps its history and takes no new work
             * @enum {string}
             */
            status?: "active" | "archived";
        };
        /**
         * @description All brands in their order
         * @example {
         *       "data": [
         *         {
         *           "id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *           "name": "Orange Cat Coffee",
         *           "slug": "orange-cat-coffee",
         *           "description": "Small-batch coffee, roasted on Mondays",
         *           "timezone": "Europe/Zurich",
         *           "status": "active",
         *           "position": 0,
         *           "created_at": "2026-01-15T09:30:00.000Z",
         *           "updated_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
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
         *       "expires_at": "2026-01-15T09:30:00.000Z",
         *       "last_used_at": "2026-01-15T09:30:00.000Z",
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
         * @description An invitation to an organization, open until it is accepted, revoked or over
         * @example {
         *       "id": "inv_01k4zn8w3v7q2m5t9r6x0h1cam",
         *       "email": "tom@orangecat.example",
         *       "role": "member",
         *       "status": "pending",
         *       "invited_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *       "created_at": "2026-01-15T09:30:00.000Z",
         *       "expires_at": "2026-01-15T09:30:00.000Z"
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
        /**
         * @description A page of Invitation items
         * @example {
         *       "data": [
         *         {
         *           "id": "inv_01k4zn8w3v7q2m5t9r6x0h1cam",
         *           "email": "tom@orangecat.example",
         *           "role": "member",
         *           "status": "pending",
         *           "invited_by": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *           "created_at": "2026-01-15T09:30:00.000Z",
         *           "expires_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
         *       "email": "tom@orangecat.example",
         *       "role": "member",
         *       "joined_at": "2026-01-15T09:30:00.000Z"
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
        /**
         * @description A page of Member items
         * @example {
         *       "data": [
         *         {
         *           "user_id": "usr_01k4zn8w3v7q2m5t9r6x0h1cd1",
         *           "name": "Nora Lindt",
         *           "email": "tom@orangecat.example",
         *           "role": "member",
         *           "joined_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
         *       "plan": "free",
         *       "role": "owner",
         *       "created_at": "2026-01-15T09:30:00.000Z"
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
        /**
         * @description The organizations of a user
         * @example {
         *       "data": [
         *         {
         *           "id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *           "name": "Orange Cat Studio",
         *           "plan": "free",
         *           "role": "owner",
         *           "created_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ]
         *     }
         */
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
         *       "created_at": "2026-01-15T09:30:00.000Z",
         *       "updated_at": "2026-01-15T09:30:00.000Z"
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
             * @description A picture of the persona, by https
             * @example https://cdn.example.com/nora.png
             */
            avatar_url?: string | null;
        };
        /**
         * @description A page of Persona items
         * @example {
         *       "data": [
         *         {
         *           "id": "per_01k4zn8w3v7q2m5t9r6x0h1cpx",
         *           "brand_id": "brd_01k4zn8w3v7q2m5t9r6x0h1cd5",
         *           "name": "Studio Nora",
         *           "bio": "A barista who explains one thing a day",
         *           "voice": "warm, unhurried, Swiss German accent",
         *           "avatar_url": "https://cdn.example.com/nora.png",
         *           "status": "active",
         *           "created_at": "2026-01-15T09:30:00.000Z",
         *           "updated_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
         *       "id": "free",
         *       "name": "Pro",
         *       "api_access": true,
         *       "requests_per_minute": {
         *         "key": 60,
         *         "session": 120
         *       },
         *       "seats": 10,
         *       "storage_bytes": 100000000000,
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
             * @description Credits given each month; null for no bound
             * @example 1000
             */
            monthly_credits: number | null;
        };
        /**
         * @description Every plan
         * @example {
         *       "data": [
         *         {
         *           "id": "free",
         *           "name": "Pro",
         *           "api_access": true,
         *           "requests_per_minute": {
         *             "key": 60,
         *             "session": 120
         *           },
         *           "seats": 10,
         *           "storage_bytes": 100000000000,
         *           "monthly_credits": 1000
         *         }
         *       ]
         *     }
         */
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
         *         "created_at": "2026-01-15T09:30:00.000Z"
         *       },
         *       "organization": {
         *         "id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *         "name": "Orange Cat Studio",
         *         "plan": "free",
         *         "role": "owner",
         *         "created_at": "2026-01-15T09:30:00.000Z"
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
                kind: "api_key" | "session";
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
         *         "created_at": "2026-01-15T09:30:00.000Z"
         *       },
         *       "organization": {
         *         "id": "org_01k4zn8w3v7q2m5t9r6x0h1cxb",
         *         "name": "Orange Cat Studio",
         *         "plan": "free",
         *         "role": "owner",
         *         "created_at": "2026-01-15T09:30:00.000Z"
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
         *       "organization_name": "Orange Cat Studio",
         *       "invitation_token": "rmi_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4"
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
         * @description What an organization uses of its plan
         * @example {
         *       "plan": {
         *         "id": "free",
         *         "name": "Pro",
         *         "api_access": true,
         *         "requests_per_minute": {
         *           "key": 60,
         *           "session": 120
         *         },
         *         "seats": 10,
         *         "storage_bytes": 100000000000,
         *         "monthly_credits": 1000
         *       },
         *       "seats": {
         *         "used": 3,
         *         "limit": 10
         *       },
         *       "api_keys": 2,
         *       "brands": 1,
         *       "personas": 4,
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
         *       "created_at": "2026-01-15T09:30:00.000Z"
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
         *       "created_at": "2026-01-15T09:30:00.000Z",
         *       "expires_at": "2026-01-15T09:30:00.000Z"
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
        /**
         * @description A page of UserSession items
         * @example {
         *       "data": [
         *         {
         *           "id": "ses_01k4zn8w3v7q2m5t9r6x0h1ctq",
         *           "current": true,
         *           "created_at": "2026-01-15T09:30:00.000Z",
         *           "expires_at": "2026-01-15T09:30:00.000Z"
         *         }
         *       ],
         *       "count": 1,
         *       "next_cursor": "eyJpIjoicGVyXzAxIn0"
         *     }
         */
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
    };
    parameters: {
        /** @description Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours */
        "Idempotency-Key": string;
        /** @description An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version */
        "If-Match": string;
        /** @description An `ETag` that you have: 304 when it is still the present version */
        "If-None-Match": string;
        /** @description Which organization to act for. Needed by the session of a user who is in several */
        "X-Organization-Id": string;
    };
    requestBodies: never;
    headers: {
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
        /** @description Names this request in logs and error reports; yours is kept when well formed */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
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
    listBrands: {
        parameters: {
            query?: {
                /** @description How many items at most */
                limit?: number;
                /** @description How many items to skip. For deep or complete reads use `cursor`, which nothing shifts */
                offset?: number;
                /** @description `next_cursor` of the page before. Not together with `offset` */
                cursor?: string;
                /** @description An archived brand keeps its history and takes no new work */
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
                /** @description Only personas whose name contains this, in any case */
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
}
