// Package chat is the conversation: its state, its log, the in-process hub that
// shows stored rows to sockets, contacts and presence. It knows no database, no
// HTTP and no model; it imports only the kit and chat/routing.
//
// Nothing is shown before it is stored: every change of a conversation is a row
// of its log, appended by [Service], published to [Hub] after the commit.
//
// Goroutines: Service.Run and Presence.Run block and own theirs; the hub has none.
package chat
