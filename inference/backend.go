package inference

// Backend runs one loaded model. Its methods may be called from several goroutines at once; they block until the work is
// done and cannot be interrupted, so a caller who will not wait must leave the slices to them.
type Backend interface {
	// Info describes the backend; it never changes.
	Info() BackendInfo
	// Embed writes one pooled vector a text, not normalised, to out: Texts × Width values.
	Embed(b *Batch, out []float32) error
	// Score writes the raw scores of each text to out: Texts × Width values.
	Score(b *Batch, out []float32) error
	// Check does the smallest work there is. A model that cannot do it is refused when it is loaded.
	Check() error
	// Close waits for runs in flight and frees the model. Calling it again does nothing.
	Close() error
}

// BackendInfo describes a backend.
type BackendInfo struct {
	// Runtime is the manifest's word for it.
	Runtime string
	// Graph says that each run is one of an ONNX graph.
	Graph bool
	// Width is how many values a text gives.
	Width int
	// Padded says that the texts of a batch must have one length: Batch.IDs and Batch.Mask are filled in. Otherwise
	// Batch.Rows alone is.
	Padded bool
	// Types says that Batch.Types is wanted.
	Types bool
}

// Batch is what one run takes.
type Batch struct {
	// Texts is the number of texts, Seq the length of the longest in tokens.
	Texts, Seq int
	// Rows are the texts' ids without padding.
	Rows [][]int32
	// IDs, Mask and Types are Texts × Seq values, row by row, padded on the right with masked zeros.
	IDs, Mask, Types []int64
}
