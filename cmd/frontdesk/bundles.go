package main

import (
	"errors"
	"fmt"

	"frontdesk/models"
)

// loadBundle loads an installed model, or one that is compiled in. Every byte is
// checked; the error names the folder and what to do.
func loadBundle(cfg Config, name string) (models.Bundle, error) {
	store, err := models.OpenStore(cfg.Models.Dir)
	if err != nil {
		return models.Bundle{}, err
	}
	return store.Load(name)
}

// errOtherVersion says that a folder has another version of a model than the one in use.
var errOtherVersion = errors.New("another version of the model is in use")

// loadUse loads the model that the database says is in use. One that is compiled
// in may be newer than what the knowledge base was embedded with (mover.settle
// sees to that); an installed one must be the very one.
func loadUse(cfg Config, use models.Use) (models.Bundle, error) {
	if use.Name == models.NoModel {
		return models.Nothing(use.Task), nil
	}
	b, err := loadBundle(cfg, use.Name)
	if err != nil {
		return b, fmt.Errorf("load the model in use for %s: %w; or put another in use with frontdesk model use", use.Task, err)
	}
	if builtIn := use.Name == "" || models.IsBuiltIn(use.Name); !builtIn && b.Manifest.Fingerprint != use.Fingerprint {
		return b, fmt.Errorf("the folder of model %s has version %s, version %s is in use: pull that one, or put this one in use with frontdesk model use %s: %w",
			use.Name, b.Manifest.Version, use.Version, use.Name, errOtherVersion)
	}
	return b, nil
}
