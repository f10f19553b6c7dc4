// Package auth proves who somebody is: argon2id passwords, sign-in sessions
// (scs), visitor tokens (HMAC), API keys, the one-time setup token, and the
// built-in roles. It fulfils web's Sessions, Visitors, Keys, Setup and
// Authorizer ports with types of internal/identity, and keeps its records
// through [Store], [KeyStore] and scs's store port, all fulfilled by
// internal/postgres.
//
// It starts no goroutine, knows no HTTP, and never logs a credential.
package auth
