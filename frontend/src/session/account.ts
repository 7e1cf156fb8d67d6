import { type Config, serviceUrl } from "../config";

/** A refusal by Cognito, with words for whoever filled in the form. */
export class AccountError extends Error {
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

// docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html, "Errors", and the other two.
const WORDS: Record<string, string> = {
  CodeMismatchException: "That is not the code we sent. Look again, or ask for another.",
  ExpiredCodeException: "That code has expired. Ask for another.",
  InvalidPasswordException: "The password is too weak.",
  UsernameExistsException: "There is an account with this address. Sign in, or use another address.",
  LimitExceededException: "Too many tries. Please wait a few minutes.",
  TooManyRequestsException: "Too many people at once. Please try again in a moment.",
  CodeDeliveryFailureException: "We could not send a message to this address.",
};

async function call(config: Config, operation: string, body: object): Promise<void> {
  const response = await fetch(`${serviceUrl(config, "cognito-idp")}/`, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify({ ClientId: config.userPoolClientId, ...body }),
  });
  if (response.ok) return;
  const answer = (await response.json().catch(() => ({}))) as { __type?: string; message?: string };
  const kind = answer.__type ?? "".split("#").pop() ?? "";
  throw new AccountError(kind, WORDS[kind] ?? answer.message ?? "That did not work. Please try again.");
}

export const signUp = (config: Config, email: string, password: string) =>
  call(config, "SignUp", {
    Username: email,
    Password: password,
    UserAttributes: [{ Name: "email", Value: email }],
  });

export const confirmSignUp = (config: Config, email: string, code: string) =>
  call(config, "ConfirmSignUp", { Username: email, ConfirmationCode: code });

export const sendCodeAgain = (config: Config, email: string) =>
  call(config, "ResendConfirmationCode", { Username: email });

/** What the password still lacks of the user pool's policy; empty when it will do. */
export function passwordLacks(password: string): string[] {
  return [
    password.length < 12 && "12 characters",
    !/[a-z]/.test(password) && "a lower-case letter",
    !/[A-Z]/.test(password) && "an upper-case letter",
    !/[0-9]/.test(password) && "a digit",
    !/[^A-Za-z0-9\s]/.test(password) && "a symbol",
  ].filter((lack) => lack !== false);
}
