// Command serve plays the protocol's conformance cases for clients in other
// languages: it prints one line of JSON, {"url": "http://127.0.0.1:PORT"}, and
// ends with its standard input. See package conformance for what to do with it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"frontdesk/web/client/conformance"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func serve() error {
	s, err := conformance.NewServer()
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	hs := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(l) }()
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": "http://" + l.Addr().String()}); err != nil {
		return fmt.Errorf("print address: %w", err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // its end, however it comes, is ours
	s.Close()
	_ = hs.Close() // nothing of value is under way
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
