// Package postgres is the only system of record: stores over pgx that fulfil
// the ports of chat, kb, bot and the account stores of the edges. SQL lives in
// query/*.sql, one statement a file, upper-case keywords; migrations in
// migrations/NNNN_name.sql. No transaction object leaves this package: an
// atomic change across tables is one Store method.
//
// It starts no goroutine of its own; the pool belongs to the caller of [Open].
package postgres
