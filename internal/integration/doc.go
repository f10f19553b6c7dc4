// Package integration speaks to the systems around a help desk: webhooks, e-mail
// in and out, the crawler and the document readers that feed the knowledge base,
// an outside generator, a model hub.
//
// Each fulfils a port of a domain, and every dial to an address that a person typed
// goes through internal/safedial. It keeps no state: jobs and records are rows.
//
// So far there are hub, which pulls models, documents and crawler, which read files
// and websites into articles, and generator. Webhooks and e-mail come with tickets.
package integration
