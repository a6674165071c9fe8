// Verifies a log in a folder with golang.org/x/mod: its checkpoint, its tiles, every entry, and proofs of some.
// verify-log FOLDER VKEY
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

type folder string

func (f folder) Height() int                             { return tileHeight }
func (f folder) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), specPath(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// specPath is the path of C2SP tlog-tiles. That of x/mod has the height too, and other words for entries.
func specPath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func main() {
	if err := verify(folder(os.Args[1]), os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(log folder, vkey string) error {
	tree, err := openCheckpoint(log, vkey)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, log)
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := min(int64(1<<tileHeight), tree.N-first)
		if err := verifyBundle(log, reader, first, int(width)); err != nil {
			return err
		}
	}
	proofs := 0
	for index := int64(0); index < tree.N; index += 1 + tree.N/50 {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, hashes[0]); err != nil {
			return err
		}
		fmt.Printf("proof %d", index)
		for _, hash := range proof {
			fmt.Printf(" %s", hash)
		}
		fmt.Println()
		proofs++
	}
	for old := int64(1); old <= tree.N; old += 1 + tree.N/20 {
		proof, err := tlog.ProveTree(tree.N, old, reader)
		if err != nil {
			return err
		}
		fmt.Printf("consistency %d", old)
		for _, hash := range proof {
			fmt.Printf(" %s", hash)
		}
		fmt.Println()
	}
	fmt.Printf("verified %d entries and %d proofs\n", tree.N, proofs)
	return nil
}

func openCheckpoint(log folder, vkey string) (tlog.Tree, error) {
	var tree tlog.Tree
	message, err := os.ReadFile(filepath.Join(string(log), "checkpoint"))
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return tree, err
	}
	copy(tree.Hash[:], root)
	return tree, nil
}

func verifyBundle(log folder, reader tlog.HashReader, first int64, width int) error {
	path := specPath(tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: width})
	bundle, err := os.ReadFile(filepath.Join(string(log), path))
	if err != nil {
		return err
	}
	indexes := make([]int64, width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, hash := range hashes {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return fmt.Errorf("%s is cut in entry %d", path, first+int64(i))
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		computed := tlog.RecordHash(bundle[2:end])
		if !bytes.Equal(computed[:], hash[:]) {
			return fmt.Errorf("entry %d differs", first+int64(i))
		}
		bundle = bundle[end:]
	}
	if len(bundle) > 0 {
		return fmt.Errorf("%s has more than %d entries", path, width)
	}
	return nil
}
