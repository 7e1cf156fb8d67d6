import { ErrorTimeout, type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import { Problem } from "../api/problem";
import type { Config } from "../config";

export interface Member {
  id: string;
  email: string;
  groups: readonly string[];
}

const SCOPES =
  "openid email mobile/read mobile/write orders/read orders/write catalog/write operations/read operations/write " +
  "stream/read stream/write";

/**
 * Signs members in by the managed login (authorization code with PKCE) and keeps their tokens.
 *
 * Tokens live in sessionStorage: they survive a reload and end with the tab. The scope list is the client's own.
 */
export class Session {
  readonly #manager: UserManager;
  readonly #config: Config;
  #member: Member | null = null;
  #listeners = new Set<() => void>();
  #renewing: Promise<User | null> | undefined;

  constructor(config: Config) {
    this.#config = config;
    const login = config.loginUrl;
    const store = new WebStorageStateStore({ store: window.sessionStorage });
    this.#manager = new UserManager({
      authority: login,
      // Cognito answers its discovery document from another host, so the four addresses are named here.
      metadata: {
        issuer: `https://cognito-idp.${config.region}.amazonaws.com/${config.userPoolId}`,
        authorization_endpoint: `${login}/oauth2/authorize`,
        token_endpoint: `${login}/oauth2/token`,
        userinfo_endpoint: `${login}/oauth2/userInfo`,
        revocation_endpoint: `${login}/oauth2/revoke`,
      },
      client_id: config.userPoolClientId,
      redirect_uri: `${window.location.origin}/signed-in`,
      response_type: "code",
      scope: SCOPES,
      loadUserInfo: false,
      automaticSilentRenew: false, // done when a token is needed, not by a timer in a sleeping tab
      monitorSession: false,
      userStore: store,
      stateStore: store,
    });
  }

  get member(): Member | null {
    return this.#member;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Take up the session of this tab, if there is one. */
  async resume(): Promise<void> {
    this.#tell(await this.#manager.getUser());
  }

  /** Go to the managed login; it comes back to /signed-in, and from there to the given path. */
  signIn(returnTo: string): Promise<void> {
    return this.#manager.signinRedirect({ state: { returnTo } });
  }

  /** Redeem the code in this page's address, and return the path to go on to. */
  async finishSignIn(): Promise<string> {
    const user = await this.#manager.signinRedirectCallback();
    this.#tell(user);
    const state = user.state as { returnTo?: unknown } | undefined;
    const returnTo = state?.returnTo;
    return typeof returnTo === "string" && /^\/(?!\/)/.test(returnTo) ? returnTo : "/";
  }

  /** Forget the tokens here, end them at Cognito, and end the managed login's own session. */
  async signOut(): Promise<void> {
    await this.#manager.revokeTokens(["refresh_token"]).catch(() => undefined);
    await this.#manager.removeUser();
    const back = encodeURIComponent(`${window.location.origin}/`);
    window.location.assign(
      `${this.#config.loginUrl}/logout?client_id=${this.#config.userPoolClientId}&logout_uri=${back}`,
    );
  }

  /** An access token that is good for another minute; null where nobody is signed in. */
  async accessToken(): Promise<string | null> {
    const user = await this.#fresh();
    return user?.access_token ?? null;
  }

  /** An id token, which the identity pool takes for AWS credentials. */
  async idToken(): Promise<string | null> {
    const user = await this.#fresh();
    return user?.id_token ?? null;
  }

  async #fresh(): Promise<User | null> {
    const user = await this.#manager.getUser();
    if (!user || (user.expires_in ?? 0) > 60) return user;
    // One renewal for all who wait: Cognito may rotate the refresh token with it.
    this.#renewing ??= this.#manager
      .signinSilent()
      .catch(async (error: unknown) => {
        // Whoever does not reach Cognito still has a session; fetch() fails with a TypeError.
        if (error instanceof TypeError || error instanceof ErrorTimeout) {
          throw new Problem(0, "Your session cannot be renewed: the sign-in is not reached.");
        }
        await this.#manager.removeUser();
        return null;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    const renewed = await this.#renewing;
    this.#tell(renewed);
    return renewed;
  }

  #tell(user: User | null): void {
    const id = user?.profile.sub;
    const groups = user?.profile["cognito:groups"];
    this.#member =
      user && id
        ? { id, email: user.profile.email ?? "", groups: Array.isArray(groups) ? groups.map(String) : [] }
        : null;
    for (const listener of this.#listeners) listener();
  }
}
