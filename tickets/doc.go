// Package tickets is for what a chat cannot settle: a ticket's states and the
// edges between them as data, the SLA clock against a business calendar, merging,
// splitting and linking, automation, and the records of webhooks and outgoing mail.
//
// It knows no database, no HTTP and no bus: what it needs of them it asks for
// through ports of its own, and a state change with its audit row, event and jobs
// is one Store method. It never counts time down; a timer is a row with a due_at.
//
// The room is empty yet. Issue 7 (tickets) fills it.
package tickets
