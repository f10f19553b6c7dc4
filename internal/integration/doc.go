// Package integration speaks to the systems around a help desk: webhooks, e-mail
// in and out, the crawler and the document readers that feed the knowledge base,
// an outside generator, a model hub.
//
// Each fulfils a port of a domain, and every dial to an address that a person typed
// goes through internal/safedial. It keeps no state: jobs and records are rows.
//
// So far there is hub, which pulls models. Issue 5 (document readers, crawler) and
// issue 7 (webhooks, e-mail) fill the rest.
package integration
