package chat

import "errors"

// The points of [Config.Fault] and [Contacts.WithFault]: every boundary of a commit, so that a test can
// kill the process, or lose an answer, exactly there.
const (
	PointAppendBefore    = "append.before_commit" // a batch is about to be sent
	PointAppendCommitted = "append.after_commit"  // it is durable; nobody knows
	PointAppendPublished = "append.after_publish" // it was shown; nobody got an ack
	PointChangeBefore    = "change.before_commit" // a state change is about to begin
	PointChangeLocked    = "change.locked"        // its conversation is held, nothing is written
	PointChangeWritten   = "change.before_write"  // all is decided; what follows writes and commits
	PointChangeCommitted = "change.after_commit"  // it is durable; nobody knows
	PointChangePublished = "change.after_publish" // it was shown; the caller has no answer
	PointEditBefore      = "edit.before_commit"   // an edit is about to begin
	PointEditLocked      = "edit.locked"          // its conversation is held, nothing is written
	PointEditWritten     = "edit.before_write"    // all is decided; what follows writes and commits
	PointEditCommitted   = "edit.after_commit"    // it is durable; nobody knows
	PointEditPublished   = "edit.after_publish"   // it was shown; the caller has no answer

	PointIdentifyBefore    = "identify.before_commit" // a visitor's sign-in is about to begin
	PointIdentifyCommitted = "identify.after_commit"  // it is durable; nobody knows
	PointIdentifyPublished = "identify.after_publish" // its rows were shown; the visitor has no new token
	PointMergeBefore       = "merge.before_commit"    // a merge of two contacts is about to begin
	PointMergeCommitted    = "merge.after_commit"     // it is durable; nobody knows
)

// FaultPoints returns the names of all points.
func FaultPoints() []string {
	return []string{
		PointAppendBefore, PointAppendCommitted, PointAppendPublished,
		PointChangeBefore, PointChangeLocked, PointChangeWritten, PointChangeCommitted, PointChangePublished,
		PointEditBefore, PointEditLocked, PointEditWritten, PointEditCommitted, PointEditPublished,
		PointIdentifyBefore, PointIdentifyCommitted, PointIdentifyPublished, PointMergeBefore, PointMergeCommitted,
	}
}

// at passes a point; fault is nil in service. An injected error is one of the
// database's going away: whether there was a commit is unknown.
func at(fault func(string) error, point string) error {
	if fault == nil {
		return nil
	}
	if err := fault(point); err != nil {
		return errors.Join(ErrUnavailable, err)
	}
	return nil
}
