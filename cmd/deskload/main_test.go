package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/web/client/clienttest"
)

// TestMain lets the test binary be the server that deskload kill starts:
// "BINARY serve-for-test ADDRESS FILE [agent]". Without FILE ("-") it forgets
// everything when it is killed. It is also the part of a fleet: "BINARY part".
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "serve-for-test" {
		if err := serveForTest(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "part" { // a child of a fleet
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func serveForTest(address, file string) error {
	srv := clienttest.New()
	if file != "-" {
		var err error
		if srv, err = clienttest.Open(file); err != nil {
			return err
		}
	}
	srv.AddAgent("a@example.org", "pw")
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	return (&http.Server{Handler: srv, ReadHeaderTimeout: time.Minute}).Serve(l)
}
