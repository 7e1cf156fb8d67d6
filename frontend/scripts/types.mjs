// Writes src/api/contracts/<service>.d.ts from each service's OpenAPI contract, so that the app is type-checked
// against what the APIs say of themselves.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const frontend = join(dirname(fileURLToPath(import.meta.url)), "..");
const functions = join(frontend, "../functions");
const target = join(frontend, "src/api/contracts");

mkdirSync(target, { recursive: true });
for (const service of readdirSync(functions)) {
    const contract = join(functions, service, "openapi.yaml");
    if (!existsSync(contract)) continue;
    const types = await openapiTS(new URL(`file://${contract}`), { alphabetize: true, silent: true });
    writeFileSync(join(target, `${service}.d.ts`), astToString(types));
}
