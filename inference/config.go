package inference

import (
	"fmt"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/models"
)

// Config is what an Engine can be told. The zero value serves the bundled model.
type Config struct {
	// Library is the full path of the ONNX Runtime library. Empty means what FindLibrary finds.
	Library string
	// Models are put in use at the start, at most one a task. Without one for embedding, Bundle is.
	Models []models.Bundle
	// Bundle is the model for embedding where Models has none. Nil means models.Default.
	Bundle *models.Bundle
	// Slots is how many runs go on at once. Defaults to the number of cores that Go uses.
	Slots int
	// BatchTokens bounds a batch, padding included. Defaults to 512.
	BatchTokens int
	// BatchTexts bounds a batch in texts. Defaults to 32.
	BatchTexts int
	// InteractiveTokens is how many tokens of questions may wait for a model; beyond, requests are refused. Defaults to 32,768.
	InteractiveTokens int
	// BulkTokens is the same for passages. Defaults to 1,048,576.
	BulkTokens int
	// QuestionCache is how many question vectors are kept. 0, the default, keeps none, so that every question runs the
	// graph; what counts runs as proof of an answer (DESIGN 3) relies on that.
	QuestionCache int
	// Registerer receives the metrics. Nil means none are exported.
	Registerer prometheus.Registerer
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// complete fills in defaults and refuses what makes no sense.
func (c *Config) complete() error {
	for _, f := range []struct {
		name  string
		value *int
		usual int
	}{
		{"Slots", &c.Slots, runtime.GOMAXPROCS(0)},
		{"BatchTokens", &c.BatchTokens, 512},
		{"BatchTexts", &c.BatchTexts, 32},
		{"InteractiveTokens", &c.InteractiveTokens, 32 << 10},
		{"BulkTokens", &c.BulkTokens, 1 << 20},
		{"QuestionCache", &c.QuestionCache, 0},
	} {
		if *f.value < 0 {
			return fmt.Errorf("inference config: %s is %d; it must not be negative", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.usual
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	tasks := map[string]string{}
	for _, b := range c.Models {
		m := b.Manifest
		if other, ok := tasks[m.Task]; ok {
			return fmt.Errorf("inference config: Models has %s and %s for %s; one model a task can be in use", other, m.Name, m.Task)
		}
		tasks[m.Task] = m.Name
	}
	return nil
}

// bundles returns what is put in use at the start.
func (c *Config) bundles() ([]models.Bundle, error) {
	for _, b := range c.Models {
		if b.Manifest.Task == models.TaskEmbed {
			return c.Models, nil
		}
	}
	bundle := c.Bundle
	if bundle == nil {
		b, err := models.Default()
		if err != nil {
			return nil, fmt.Errorf("open model: %w", err)
		}
		bundle = &b
	}
	return append([]models.Bundle{*bundle}, c.Models...), nil
}
