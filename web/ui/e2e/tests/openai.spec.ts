import OpenAI, { APIError } from 'openai'
import { expect, test } from '../fixtures.ts'
import { type Server } from '../server.ts'

/** OpenAI's own client, pointed at our server with a key from the command line. */
async function client(server: Server, ...flags: string[]): Promise<{ openai: OpenAI, secret: string }> {
  const printed = await server.command('apikey', 'create', 'openai', ...flags)
  const secret = /secret: (fd_\w+)/.exec(printed)?.[1]
  if (!secret) throw new Error(`no secret was printed:\n${printed}`)
  return { openai: new OpenAI({ apiKey: secret, baseURL: `${server.url}/v1`, maxRetries: 0 }), secret }
}

/** What a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason)
  expect(error).toBeInstanceOf(APIError)
  return error as APIError
}

const cosine = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
  / Math.sqrt(a.reduce((sum, x) => sum + x * x, 0) * b.reduce((sum, x) => sum + x * x, 0))

test('the openai client lists models and embeds texts, ids, floats and base64', async ({ demo }) => {
  const { openai } = await client(demo)
  const models = await openai.models.list()
  const model = models.data.find(m => 'task' in m && m.task === 'embed')!.id
  expect((await openai.models.retrieve(model)).id).toBe(model)

  const input = ['How do I return a parcel?', '怎么退货？', 'I want to send my parcel back', '😀']
  // Without encoding_format the client asks for base64 and decodes it itself.
  const plain = await openai.embeddings.create({ model, input })
  expect(plain.object).toBe('list')
  expect(plain.model).toBe(model)
  expect(plain.data.map(d => [d.object, d.index, d.embedding.length])).toEqual(input.map((_, i) => ['embedding', i, 256]))
  expect(plain.usage.prompt_tokens).toBeGreaterThan(input.length)
  expect(plain.usage.total_tokens).toBe(plain.usage.prompt_tokens)

  const floats = await openai.embeddings.create({ model, input, encoding_format: 'float', user: 'tester' })
  for (const [i, d] of floats.data.entries()) expect(cosine(d.embedding, plain.data[i]!.embedding)).toBeGreaterThan(0.999999)
  const [question, , paraphrase, other] = floats.data.map(d => d.embedding)
  expect(cosine(question!, paraphrase!)).toBeGreaterThan(cosine(question!, other!))

  const base64 = await openai.embeddings.create({ model, input: input[0]!, encoding_format: 'base64' })
  const bytes = Buffer.from(base64.data[0]!.embedding as unknown as string, 'base64')
  expect(bytes.length).toBe(4 * 256)
  expect(bytes.readFloatLE(4)).toBe(Math.fround(floats.data[0]!.embedding[1]!))

  const one = await openai.embeddings.create({ model, input: [[3, 5, 7], [3]], encoding_format: 'float' })
  expect(one.data).toHaveLength(2)
  expect(one.usage.prompt_tokens).toBe(4)
  const { response } = await openai.embeddings.create({ model, input: 'x', dimensions: 256 }).withResponse()
  expect(Number(response.headers.get('x-ratelimit-remaining-requests'))).toBeLessThan(600)
  expect(response.headers.get('x-compute-tokens')).toMatch(/^\d+$/)
  expect(response.headers.get('x-request-id')).toBeTruthy()
})

test('the openai client reads our errors as OpenAI\'s', async ({ demo }) => {
  const { openai, secret } = await client(demo)
  const model = (await openai.models.list()).data[0]!.id
  const create = (body: object) => refusal(openai.embeddings.create({ model, input: 'x', ...body }))

  expect(await create({ model: 'gpt-4' })).toMatchObject({ status: 404, code: 'model_not_found', param: 'model', type: 'invalid_request_error' })
  expect(await create({ input: ['a', 'b\u0000'] })).toMatchObject({ status: 400, param: 'input[1]' })
  expect(await create({ input: ['a', 7] })).toMatchObject({ status: 400, param: 'input[1]' })
  expect(await create({ input: '  ' })).toMatchObject({ status: 400, param: 'input' })
  expect(await create({ input: Array<string>(2049).fill('x') })).toMatchObject({ status: 400, param: 'input' })
  const dimensions = await create({ dimensions: 7 })
  expect(dimensions).toMatchObject({ status: 400, param: 'dimensions' })
  expect(dimensions.message).toContain('256')
  const long = await create({ input: ['a', 'word '.repeat(1000)] })
  expect(long).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input[1]' })
  expect(long.message).toContain('at most 256')
  expect(await refusal(openai.models.retrieve('nothing'))).toMatchObject({ status: 404, code: 'model_not_found' })

  const stranger = new OpenAI({ apiKey: `${secret.slice(0, -1)}_`, baseURL: `${demo.url}/v1`, maxRetries: 0 })
  const refused = await refusal(stranger.embeddings.create({ model, input: 'x' }))
  expect(refused).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(refused).toMatchObject({ status: 401, code: 'invalid_api_key' })
})

test('the openai client waits as long as our rate limit says, and goes on', async ({ demo }) => {
  const { openai } = await client(demo, '--requests-per-minute', '30') // one each 2 s once the bucket is empty
  const model = (await openai.models.list()).data[0]!.id
  const create = () => openai.embeddings.create({ model, input: 'x' })
  let limited: APIError | undefined
  for (let i = 0; i < 100 && !limited; i++) limited = await create().then(() => undefined, (error: unknown) => error as APIError)
  expect(limited).toBeInstanceOf(OpenAI.RateLimitError)
  expect(limited).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' })
  expect(Number(limited!.headers!.get('retry-after-ms'))).toBeLessThanOrEqual(2000)
  expect(Number(limited!.headers!.get('retry-after'))).toBeLessThanOrEqual(2)
  const patient = openai.withOptions({ maxRetries: 3 })
  expect((await patient.embeddings.create({ model, input: 'x' })).data).toHaveLength(1)
})
