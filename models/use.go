package models

import "time"

// NoModel is the name, and the fingerprint, that says that a task other than embedding is served by no model.
const NoModel = "none"

// Nothing stands for no model for a task, where a bundle is asked for; there is nothing in it to load.
func Nothing(task string) Bundle {
	return Bundle{Manifest: Manifest{Name: NoModel, Task: task, Fingerprint: NoModel}}
}

// Use says which model serves a task.
type Use struct {
	Task string
	// Name and Version are the bundle's. Name is empty as long as nobody has chosen: then DefaultOf serves. It is NoModel
	// where the task was switched off.
	Name, Version string
	// Fingerprint is the model's. It may be set while Name is not: what the knowledge base was embedded with.
	Fingerprint string
	// Generation counts the switches of the task.
	Generation int64
	// SwitchedAt is the time of the last one.
	SwitchedAt time.Time
}

// SwitchState is how far a switch has come.
type SwitchState string

// The states, in order; the last three are final.
const (
	SwitchWanted     SwitchState = "wanted"     // nobody works on it yet
	SwitchEmbedding  SwitchState = "embedding"  // the knowledge base is being embedded with the model
	SwitchWaiting    SwitchState = "waiting"    // for a node that has not loaded the model
	SwitchDone       SwitchState = "done"       // the model is in use
	SwitchFailed     SwitchState = "failed"     // Error says why; what was in use stays
	SwitchSuperseded SwitchState = "superseded" // another model was wished for
)

// Open says that the switch may still come about.
func (s SwitchState) Open() bool {
	return s == SwitchWanted || s == SwitchEmbedding || s == SwitchWaiting
}

// Switch is the wish that a model serve its task, and what has become of it.
type Switch struct {
	ID    int64
	Task  string
	Name  string // of the bundle
	State SwitchState
	// Version and Fingerprint are the bundle's: a node that has another version has not got the model.
	Version, Fingerprint string
	// Done of Total texts of the knowledge base have a vector of the model. Done never falls.
	Done, Total int
	// Error is why it failed, or what it waits for.
	Error string
	// AskedAt and ChangedAt are the database's times.
	AskedAt, ChangedAt time.Time
}

// Node is a server that is up.
type Node struct {
	ID   string // UUID
	Host string
	// Fingerprint is of the encoder that it answers with.
	Fingerprint string
	// Ready says that it has loaded the model of a switch; Error says why it cannot. Neither: it is at it.
	Ready bool
	Error string
}
