// Package chat is the conversation: its state, its log, the in-process hub that
// shows stored rows to sockets, contacts and presence. It knows no database, no
// HTTP and no model; it imports only the kit and chat/routing.
//
// Nothing is shown before it is stored: every change of a conversation is a row
// of its log, appended by [Service.Append], published to [Hub] after the commit.
// Each conversation has one gapless sequence of rows; a client id (cid) makes a
// row's append idempotent.
//
//   - Plain rows go through a writer, which stores those of many conversations in
//     one transaction: at once when it is idle, otherwise when the previous commit
//     returns. Expectations are judged row by row inside the commit.
//   - Rows with a [Change] (claim, hand-over, resolve …) are a transaction each:
//     the change is a pure function that the store applies to the locked head.
//   - Readers follow a conversation by sequence number ([Service.Follow]): the
//     next row is delivered, an older one dropped, a hole fetched. Once a second
//     the watched conversations are compared with the database.
//
// Locks in the database are taken in one order everywhere: conversations by id,
// then agents by id, then the queue.
//
// Goroutines: Service.Run and Presence.Run block and own theirs; the hub has none.
package chat
