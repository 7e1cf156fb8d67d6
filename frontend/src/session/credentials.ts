import { Problem } from "../api/problem";
import { type Config, serviceUrl } from "../config";

/** A member's identity in the identity pool, with AWS credentials that are good for their own prefix alone. */
export interface Credentials {
  identityId: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

// docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html, "Errors".
const PASSING = new Set(["InternalErrorException", "ExternalServiceException", "TooManyRequestsException"]);

/** Exchange an id token for AWS credentials, by the enhanced flow: two calls. */
export async function credentialsFor(config: Config, idToken: string): Promise<Credentials> {
  const provider = `cognito-idp.${config.region}.amazonaws.com/${config.userPoolId}`;
  const Logins = { [provider]: idToken };
  const { IdentityId } = await ask<{ IdentityId: string }>(config, "GetId", {
    IdentityPoolId: config.identityPoolId,
    Logins,
  });
  const { Credentials: given } = await ask<{
    Credentials: { AccessKeyId: string; SecretKey: string; SessionToken: string };
  }>(config, "GetCredentialsForIdentity", { IdentityId, Logins });
  return {
    identityId: IdentityId,
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretKey,
    sessionToken: given.SessionToken,
  };
}

async function ask<Answer>(config: Config, operation: string, body: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`${serviceUrl(config, "cognito-identity")}/`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityService.${operation}`,
      },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, "The service that gives upload rights cannot be reached.");
  }
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer as Answer;
  const kind = ((answer as { __type?: string }).__type ?? "").split("#").pop() ?? "";
  const status = PASSING.has(kind) || response.status >= 500 ? 503 : response.status;
  throw new Problem(status, "You were not given the right to upload. Signing in again may help.");
}
