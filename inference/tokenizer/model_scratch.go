package tokenizer

// modelScratch holds the buffers of the models.
type modelScratch struct{}

// small reports whether the buffers are worth keeping.
func (m *modelScratch) small() bool { return true }
