// Command rehearse runs the rehearsal server and its tools.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := Run(ctx, Program{Args: os.Args[1:], Env: os.Getenv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	if err != nil {
		if text := err.Error(); text != "" {
			fmt.Fprintln(os.Stderr, "rehearse:", text)
		}
		os.Exit(exitCode(err))
	}
}
