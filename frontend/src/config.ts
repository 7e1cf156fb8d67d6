/** What the app has to know of the stack that serves it; the deploy writes it beside the app. */
export interface Config {
  region: string;
  stage: string;
  userPoolId: string;
  userPoolClientId: string;
  identityPoolId: string;
  /** Where profile images are uploaded to. */
  uploadsBucket: string;
  loginUrl: string;
  /** Where AWS's own services answer, when that is not AWS: the local engine, or a proxy. */
  endpoint?: string;
}

let loaded: Promise<Config> | undefined;

/** The configuration, asked for once. */
export function loadConfig(): Promise<Config> {
  loaded ??= fetch("/config.json", { cache: "no-store" }).then((response) => {
    if (!response.ok) throw new Error(`config.json answered ${response.status}`);
    return response.json() as Promise<Config>;
  });
  return loaded;
}

/** The address of an object in S3. */
export function objectUrl(config: Config, bucket: string, key: string): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return config.endpoint
    ? `${config.endpoint}/${bucket}/${path}`
    : `https://${bucket}.s3.${config.region}.amazonaws.com/${path}`;
}

/** The address of one of AWS's services for this stack. */
export function serviceUrl(config: Config, service: string): string {
  return config.endpoint ?? `https://${service}.${config.region}.amazonaws.com`;
}
