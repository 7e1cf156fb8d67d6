import { AwsV4Signer } from "aws4fetch";
import { bodyOf, type Clients } from "../../api/client";
import { Problem } from "../../api/problem";
import { loadConfig, objectUrl } from "../../config";
import { credentialsFor } from "../../session/credentials";
import type { Session } from "../../session/session";

// The mobile API's own limits (layers/mobile, images.py): what is known here already need not travel.
export const MOST_BYTES = 5 * 1024 * 1024;
export const TYPES = ["image/png", "image/jpeg"];

/** Why a file need not even be sent; null when it may do. */
export function unfit(file: File): "NOT_AN_IMAGE" | "TOO_LARGE" | null {
  if (!TYPES.includes(file.type)) return "NOT_AN_IMAGE";
  return file.size > MOST_BYTES ? "TOO_LARGE" : null;
}

/**
 * Put a file straight into S3, below the member's own identity, and return the upload's id.
 *
 * `told` hears how much of it is there, from 0 to 1.
 */
export async function upload(
  api: Clients,
  session: Session,
  file: File,
  told: (part: number) => void,
): Promise<string> {
  const config = await loadConfig();
  const { upload_id } = bodyOf(await api.mobile.POST("/profile/images"));
  const token = await session.idToken();
  if (!token) throw new Problem(401, "You are signed out.");
  const { identityId, ...credentials } = await credentialsFor(config, token);
  const signer = new AwsV4Signer({
    ...credentials,
    method: "PUT",
    url: objectUrl(config, config.uploadsBucket, `${identityId}/${upload_id}`),
    headers: { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
    service: "s3",
    region: config.region,
  });
  const { url, headers } = await signer.sign();
  await put(url, headers, file, told);
  return upload_id;
}

/** fetch() does not tell how much it has sent; XMLHttpRequest does. */
function put(url: URL, headers: Headers, file: File, told: (part: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    headers.forEach((value, name) => {
      if (name !== "host") request.setRequestHeader(name, value);
    });
    request.setRequestHeader("Content-Type", file.type);
    request.upload.onprogress = ({ loaded, total }) => told(loaded / total);
    request.onload = () => {
      if (request.status < 300) resolve();
      else
        reject(
          new Problem(request.status, `S3 did not take the image. ${reasonIn(request.responseText)}`.trim()),
        );
    };
    request.onerror = () => reject(new Problem(0, "The upload broke off."));
    request.send(file);
  });
}

/** What S3 says in its XML. */
const reasonIn = (xml: string): string => /<Message>([^<]*)<\/Message>/.exec(xml)?.[1] ?? "";
