package main

import (
	"fmt"

	"marque/app/flow"
	"marque/app/qr"
)

// look implements flow.Looker.
func look(path string) (flow.Look, error) {
	get := read
	if path == flow.Clipboard {
		get = clipboard
	}
	b, err := get(path)
	if err != nil {
		return flow.Look{}, err
	}
	if sort := flow.SortOfFile(b); sort != flow.SortUnknown {
		return flow.Look{Sort: sort}, nil
	}
	code, err := qr.DecodeData(b)
	if err != nil {
		return flow.Look{}, fmt.Errorf("%w: %w", flow.ErrNoCode, err)
	}
	return flow.Look{Sort: flow.SortOf(code), Code: code}, nil
}
