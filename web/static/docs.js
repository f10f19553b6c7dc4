// Shows /openapi.json as a page. No library, nothing loaded from elsewhere; all
// text goes in as text nodes.
'use strict'

const element = (name, attributes = {}, ...children) => {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  node.append(...children.filter(child => child !== undefined && child !== null))
  return node
}

const main = async () => {
  const api = await (await fetch('/openapi.json')).json()
  const named = reference => api.components.schemas[reference.split('/').pop()]

  const resolve = schema => (schema && schema.$ref ? named(schema.$ref) : schema) ?? {}

  const typeName = schema => {
    if (!schema) return ''
    if (schema.$ref) return schema.$ref.split('/').pop()
    const type = Array.isArray(schema.type) ? schema.type.join(' | ') : schema.type ?? 'any'
    if (schema.items) return `${typeName(schema.items)}[]`
    if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
    return schema.format ? `${type} (${schema.format})` : type
  }

  const fields = (schema, seen = []) => {
    const own = resolve(schema)
    const item = own.items ? resolve(own.items) : own
    if (!item.properties) return element('p', {}, typeName(schema), own.description ? ` – ${own.description}` : '')
    const rows = []
    for (const [name, field] of Object.entries(item.properties)) {
      const optional = (item.required ?? []).includes(name) ? '' : '?'
      rows.push(element('tr', {},
        element('td', {}, element('code', {}, name + optional)),
        element('td', {}, typeName(field)),
        element('td', {}, field.description ?? '')))
      const target = field.items ?? field
      const key = target.$ref ?? ''
      const inner = resolve(target)
      if (inner.properties && !seen.includes(key)) {
        rows.push(element('tr', {}, element('td'), element('td', { colspan: '2' }, fields(target, [...seen, key]))))
      }
    }
    return element('table', {}, ...rows)
  }

  const operation = (path, method, op) => {
    const inside = element('div', { class: 'inside' })
    if (op.description) inside.append(element('p', {}, op.description.replaceAll('`', '')))
    if (op.parameters?.length) {
      inside.append(element('h3', {}, 'Parameters'), element('table', {}, ...op.parameters.map(parameter => element('tr', {},
        element('td', {}, element('code', {}, parameter.name + (parameter.required ? '' : '?'))),
        element('td', {}, `${parameter.in}, ${typeName(parameter.schema)}`),
        element('td', {}, parameter.description ?? '')))))
    }
    const body = Object.entries(op.requestBody?.content ?? {})[0]
    if (body) inside.append(element('h3', {}, `Body (${body[0]})`), fields(body[1].schema))
    for (const [status, response] of Object.entries(op.responses ?? {})) {
      const content = Object.entries(response.content ?? {})[0]
      inside.append(element('h3', {}, `${status} ${response.description ?? ''}`))
      if (content && status !== 'default') inside.append(fields(content[1].schema))
      else if (content) inside.append(element('p', {}, typeName(content[1].schema)))
    }
    return element('details', { id: op.operationId ?? '' },
      element('summary', {},
        element('span', { class: `method ${method}` }, method.toUpperCase()),
        element('code', {}, path),
        element('span', {}, op.summary ?? '')),
      inside)
  }

  const groups = new Map()
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      const group = op.tags?.[0] ?? 'other'
      groups.set(group, [...(groups.get(group) ?? []), operation(path, method, op)])
    }
  }
  document.querySelector('#about').replaceChildren(
    `Version ${api.info.version}. ${api.info.description ?? ''} Machine-readable: `, element('a', { href: '/openapi.json' }, '/openapi.json'))
  for (const [group, operations] of groups) {
    document.querySelector('#operations').append(element('h2', {}, group), ...operations)
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.setAttribute('open', '')
}

main().catch(error => { document.querySelector('#about').textContent = `The description could not be shown: ${error.message}` })
