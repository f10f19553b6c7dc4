/** An RFC 9457 problem, as every /api route answers an error. */
export interface Problem {
  type?: string
  title?: string
  status: number
  detail?: string
  /** The machine-readable reason, such as "stale" or "invalid". */
  code?: string
  request_id?: string
  errors?: { message?: string, location?: string, code?: string, value?: unknown }[]
}

/** A request that the server refused, or that did not reach it (status 0, code "offline"). */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? `status ${problem.status}`)
    this.name = 'ApiError'
    this.problem = problem
  }

  get code(): string { return this.problem.code ?? '' }
  get status(): number { return this.problem.status }
}

export interface ApiClientOptions {
  /** Put before each path. @default '' */
  base?: string
  /** Headers of each request, such as Authorization or X-CSRF-Token. */
  headers?: (method: string) => Record<string, string>
  /** Called on each 401, before the error is thrown. */
  onUnauthenticated?: () => void
  /** @default globalThis.fetch */
  fetch?: typeof fetch
}

/** What goes with a request. */
export interface RequestParts {
  /** Query parameters; undefined and empty ones are left out. */
  query?: Record<string, string | number | boolean | undefined>
  /** Sent as JSON, or as it is when it is a string or Blob. */
  body?: unknown
  contentType?: string
  signal?: AbortSignal
}

/** Speaks to the server's JSON routes and turns every failure into an [ApiError]. */
export class ApiClient {
  readonly #options: ApiClientOptions

  constructor(options: ApiClientOptions = {}) {
    this.#options = options
  }

  get<T>(path: string, parts?: RequestParts): Promise<T> { return this.request('GET', path, parts) }
  post<T>(path: string, body: unknown = {}, parts?: RequestParts): Promise<T> { return this.request('POST', path, { ...parts, body }) }
  put<T>(path: string, body: unknown): Promise<T> { return this.request('PUT', path, { body }) }
  delete<T>(path: string): Promise<T> { return this.request('DELETE', path) }

  /** Carries out one request. Answers undefined to an empty body. */
  async request<T>(method: string, path: string, { query, body, contentType, signal }: RequestParts = {}): Promise<T> {
    const response = await this.#fetch(method, path, query, body, contentType, signal)
    const text = await response.text()
    if (response.ok) {
      const json = (response.headers.get('content-type') ?? '').includes('json') && !contentType?.includes('ndjson')
      return (text === '' ? undefined : json || body !== undefined ? parse(text) : text) as T
    }
    if (response.status === 401) this.#options.onUnauthenticated?.()
    throw new ApiError({ ...problemOf(text), status: response.status })
  }

  async #fetch(method: string, path: string, query: RequestParts['query'], body: unknown, contentType: string | undefined, signal?: AbortSignal): Promise<Response> {
    const raw = typeof body === 'string' || body instanceof Blob
    const call = this.#options.fetch ?? globalThis.fetch
    try {
      return await call(withQuery((this.#options.base ?? '') + path, query), {
        method,
        signal,
        credentials: 'same-origin',
        headers: {
          Accept: 'application/json, application/problem+json',
          ...(body !== undefined && { 'Content-Type': contentType ?? 'application/json' }),
          ...this.#options.headers?.(method),
        },
        ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
      })
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ApiError({ status: 0, code: 'offline', title: 'The server cannot be reached' })
    }
  }
}

function withQuery(path: string, query: RequestParts['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function problemOf(text: string): Partial<Problem> {
  const value = parse(text)
  return value !== null && typeof value === 'object' ? value : {}
}
