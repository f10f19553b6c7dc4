package documents_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"frontdesk/internal/integration/documents"
)

// asReader makes this test's program the one that [documents.Isolated] starts.
const asReader = "read-pdf"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == asReader {
		if err := documents.ServePDF(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
