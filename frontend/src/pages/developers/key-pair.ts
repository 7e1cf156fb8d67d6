/** An Ed25519 pair of keys, each 32 bytes in base64. */
export interface KeyPair {
  publicKey: string;
  secretKey: string;
}

/** Base64 of what a JSON Web Key has in base64url (RFC 8037). */
const plain = (text: string | undefined): string =>
  `${(text ?? "").replaceAll("-", "+").replaceAll("_", "/")}=`;

/** Make a pair; rejected where the browser cannot. */
export async function makeKeyPair(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const { x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { publicKey: plain(x), secretKey: plain(d) };
}
