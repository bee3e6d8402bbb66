package main

import (
	"crypto/ed25519"
	"math/rand/v2"
	"slices"
	"testing"

	"marque/app/usb"
	"marque/device/wire"
)

// TestListsOfStick: of what lies on a stick the newest is tried first, whether it is a list or leads to one.
func TestListsOfStick(t *testing.T) {
	want := []string{
		"list-4000000000.mql", "list-12-from-11.mql", "list-12-from-2.mql", "list-11.mql", "list-11-from-10.mql", "list-11-from-2.mql", "list-9.mql",
		"list-.mql", "list-8-from-.mql", "list-from-7.mql", "list-99999999999.mql", "of another kind.mql",
	}
	signer := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	files := []usb.File{{Name: "list-77.mql", Content: []byte("rubbish")}}
	for _, name := range want {
		statement, err := wire.SignStatement(signer, wire.TypeChange, "fleet.example", []byte{0x80})
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, usb.File{Name: name, Content: statement})
	}
	rand.Shuffle(8, func(i, j int) { files[i], files[j] = files[j], files[i] }) // rubbish, and those with numbers
	var got []string
	for _, f := range listsOf("fleet.example", files) {
		got = append(got, f.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
