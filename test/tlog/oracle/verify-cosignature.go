// Verifies a cosigned checkpoint with github.com/transparency-dev/formats, and prints the time of the cosignature.
// verify-cosignature FILE VKEY-OF-WITNESS
package main

import (
	"fmt"
	"os"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	if err := verify(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(file, vkey string) error {
	message, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	verifier, err := formats.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	time, err := formats.CoSigV1Timestamp(opened.Sigs[0])
	if err != nil {
		return err
	}
	fmt.Println(time.Unix())
	return nil
}
