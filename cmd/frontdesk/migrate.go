package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"frontdesk/internal/postgres"
)

func newMigrate(opts *options) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to this version",
		Long:  "Bring the database's schema up to this version. `serve` does the same when it starts;\nthis is for set-ups where the server's database user may not change the schema.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			db, err := openDatabase(cmd.Context(), cfg, cfg.logger())
			if err != nil {
				return err
			}
			defer db.close(cmd.Context())
			applied, err := postgres.Migrate(cmd.Context(), db.url)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "applied %d migrations\n", applied)
			return err
		},
	}
}
