// Command frontdesk is the customer-service server and its tools: serve,
// migrate, kb, eval, model, apikey, backup, restore, user, doctor, version.
//
// run.go is the only file that knows every area and the only one that starts
// goroutines for good; config.go is the only place that reads the environment
// and the configuration file.
package main
