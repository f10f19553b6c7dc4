// Writes src/gen/api.ts from the server's OpenAPI document:
//   npm run generate:api -w shared -- http://localhost:8080/openapi.json
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'

const from = process.argv[2]
if (!from) {
  console.error('usage: npm run generate:api -w shared -- ADDRESS-OF-openapi.json')
  process.exit(2)
}
const target = fileURLToPath(new URL('../src/gen/api.ts', import.meta.url))

// "Unknown fields are tolerated" concerns the server's reading, not what these types describe.
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).filter(([key, inner]) => key !== 'additionalProperties' || inner !== true).map(([key, inner]) => [key, strict(inner)]))
}

const spec = strict(await (await fetch(from)).json()) as OpenAPI3
const ast = await openapiTS({ ...spec, paths: {} }, { alphabetize: true, emptyObjectsUnknown: true })
writeFileSync(target, '// Generated from the server\'s OpenAPI document by `npm run generate:api`; do not edit.\n\n' + astToString(ast))
