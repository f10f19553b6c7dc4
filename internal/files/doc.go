// Package files keeps what people attach: blobs on disk or S3, resumable uploads
// by the tus 1.0 protocol, checks of type and size, and downloads by range.
//
// It streams; it never holds a whole file in memory and never trusts a name or a
// type that a client sent. The records are in internal/attachment.
//
// The room is empty yet. Issue 7 (files) fills it.
package files
