// Package conformance is what every client of the protocol must do, as data:
// scripts of a server that drops, repeats and reorders, and what the client's
// caller must have been told in the end. cases/*.json hold them; [Server] plays
// them over real WebSockets; the Go client runs them in this package's test, the
// TypeScript client against the program in serve, a stranger's client likewise.
//
// A case:
//
//	{
//	  "name": "…", "about": "what it shows",
//	  "role": "visitor" | "agent", "inbox": false,
//	  "conv": "c1",                 the conversation that the client follows from the start, from row 0
//	  "client": [ {"when": {…}, "do": {…}}, … ],
//	  "connections": [ {"not_before_ms": 0, "refuse": 503, "steps": [ … ]}, … ],
//	  "no_return_ms": 0,            after the last connection's end no other may come for so long
//	  "expect": { … }               of the report, see below
//	}
//
// client: what the harness does with its client, one after another, each when its
// "when" holds (all of it; an empty one at once): {"hellos": n, "events": n, "resumed": n,
// "offers": n, "refused": n, "waiting": n}, each "at least n" seen since the start
// (waiting: at most n messages without an answer). "do" is one of
//
//	{"send": {"content", "type", "mentions", "base_seq"}}   {"edit": {"seq", "content"}}   {"remove": seq}
//	{"read": seq}   {"typing": true}   {"view": true}   {"follow": "c2"}
//	{"answer": {"offer", "accept"}}   {"presence": {"presence", "reason"}}
//	{"restart": true}     end the client without a word and make another one that has nothing but the kept outbox
//
// connections: the n-th connection meets the n-th entry. Steps:
//
//	{"recv": pattern}            the next frame is this one
//	{"recv": [pattern, …]}       the next frames are these, in any order
//	{"recv": …, "maybe": pattern}  before them such frames may come, too
//	{"send": frame}   {"rows": {"conv", "from", "to", "text"}}   events, "text" with the number behind it
//	{"cut": true}   {"close": 1001}   {"pause_ms": 50}   {"await_end": true}   until the client ends it
//
// A pattern is a part of a ClientFrame in JSON: what it names must be so, null
// must be absent, "*" is anything, and "$name" is anything that is the same
// wherever the name stands; in frames that are sent it is replaced. A hello that
// carries resumes counts as a hello and these resumes. Frames mark, typing and
// viewing are passed over unless a pattern names them.
//
// The report, as POST /run/{id}/report takes it: {"events": [{"conv", "seq",
// "kind", "content"}] as delivered, in order; "view": the texts of "conv" now,
// edits applied; "waiting": messages without an answer; "refused": [code];
// "marks": {"visitor": [delivered, read], "agent": […]} highest of "conv" heard, own
// ones left out; "typing": n; "queue": {…} the last; "viewing": [agent ids] the last;
// "offers": [ids] open; "offer_ends": ["id result"]; "presence": {agent id:
// presence}; "resets": n; "refreshes": how often new credentials were asked for}.
// The harness posts it until the answer is {"ok": true}, or 20 s have passed.
// Only what "expect" names is compared.
//
// Goroutines: those of the sockets, which end with [Server.Close]. It keeps
// nothing and checks no credentials.
package conformance
