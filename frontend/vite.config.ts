import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type ProxyOptions } from "vite";

// `make web` names the outputs of the stack that the development server stands before.
const outputsFile = process.env.LENS_OUTPUTS;
const outputs = (outputsFile ? JSON.parse(readFileSync(outputsFile, "utf8")) : {}) as Record<string, string>;

const apis: Record<string, string | undefined> = {
  orders: outputs.OrdersApiUrl,
  catalog: outputs.CatalogApiUrl,
  mobile: outputs.MobileApiUrl,
  stream: outputs.StreamApiUrl,
};

/** The paths that CloudFront gives to the APIs, with the prefix taken off as it does. */
function proxies(): Record<string, ProxyOptions> {
  const found = Object.entries(apis).flatMap(([service, url]): [string, ProxyOptions][] => {
    if (!url) return [];
    const { origin, pathname } = new URL(url);
    const rewrite = (path: string) => path.replace(`/api/${service}`, pathname.replace(/\/$/, ""));
    return [[`/api/${service}/`, { target: origin, changeOrigin: true, rewrite }]];
  });
  return { ...Object.fromEntries(found), ...images() };
}

/** Profile images are the distribution's; the engine's is known by its host name alone, which not every machine resolves. */
function images(): Record<string, ProxyOptions> {
  if (!outputs.WebUrl) return {};
  const { host, port, protocol } = new URL(outputs.WebUrl);
  const target = host.includes("localhost") ? `http://127.0.0.1:${port}` : `${protocol}//${host}`;
  return { "/images/": { target, headers: { host } } };
}

/** What the deploy writes beside the app, read from the same outputs. */
function config(): Plugin {
  return {
    name: "lens-config",
    configureServer(server) {
      server.middlewares.use("/config.json", (_request, response) => {
        response.setHeader("Content-Type", "application/json");
        response.setHeader("Cache-Control", "no-store");
        response.end(
          JSON.stringify({
            region: outputs.Region ?? "eu-central-1",
            stage: "local",
            userPoolId: outputs.UserPoolId,
            userPoolClientId: outputs.UserPoolClientId,
            identityPoolId: outputs.IdentityPoolId,
            uploadsBucket: outputs.ImageUploadsBucket,
            loginUrl: outputs.LoginUrl,
            endpoint: outputs.EngineUrl,
          }),
        );
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), config()],
  // Inlined assets would be data: URLs, which the content security policy does not let in.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2023" },
  server: { host: "127.0.0.1", port: 8080, strictPort: true, proxy: proxies() },
});
