// Package web is the edge that people and programs reach: the REST API under
// /api, the sockets /ws/visitor and /ws/agent, the pages, and what operators
// read (/healthz, /readyz, /metrics, /openapi.json, /docs); and for programs with
// an API key the model routes of OpenAI (/v1) and text-embeddings-inference.
//
// routes.go lists every route with the permission it takes, and one guard
// enforces them; problem.go is the one table from errors to answers. Handlers
// hold no rules of their own: they call the ports of ports.go as the caller's
// identity.Actor, whose scope the stores apply.
//
// Goroutines: [Server.Run] owns the ping wheel and waits for the goroutine of
// each socket; a request's goroutine is net/http's. No panic leaves a request or
// a socket, and no internal error text reaches a client.
package web

//go:generate ./generate.sh
