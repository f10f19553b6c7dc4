// Writes src/gen/frames.ts from web/protocol.proto: plain interfaces with the
// proto's own field names, as the JSON subprotocol has them. They are types
// only, so they weigh nothing in a bundle. With --check it writes nothing and
// fails when the committed file is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const source = fileURLToPath(new URL('../../../protocol.proto', import.meta.url))
const target = fileURLToPath(new URL('../src/gen/frames.ts', import.meta.url))

// What ProtoJSON makes of the types that are not ours (protobuf.dev, "ProtoJSON Format").
const wellKnown: Record<string, string> = {
  'google.protobuf.Timestamp': 'string',
  'google.protobuf.Struct': 'Record<string, unknown>',
  string: 'string',
  bool: 'boolean',
  double: 'number',
  float: 'number',
  uint32: 'number',
  int32: 'number',
}

function comment(text: string | null, indent: string): string {
  return text ? `${indent}/** ${text.replace(/\s*\n\s*/g, ' ').trim()} */\n` : ''
}

function message(type: protobuf.Type): string {
  const fields = type.fieldsArray.map((field) => {
    const name = wellKnown[field.type] ?? field.type
    return comment(field.comment, '  ') + `  ${field.name}?: ${name}${field.repeated ? '[]' : ''}\n`
  })
  return `${comment(type.comment, '')}export interface ${type.name} {\n${fields.join('')}}\n`
}

const { root, package: name } = protobuf.parse(readFileSync(source, 'utf8'), {
  keepCase: true,
  alternateCommentMode: true,
  preferTrailingComment: false,
})
const types = (root.lookup(name ?? '') as protobuf.Namespace).nestedArray
const text = '// Generated from web/protocol.proto by `npm run generate`; do not edit.\n'
  + '// ProtoJSON leaves out fields that hold their default, so every field is optional.\n\n'
  + types.filter(type => type instanceof protobuf.Type).map(message).join('\n')

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('web/ui/shared/src/gen/frames.ts is not what web/protocol.proto says: run `npm run generate` in web/ui')
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
}
