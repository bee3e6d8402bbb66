package main

import (
	"fmt"
	"path/filepath"

	"marque/app/qr"
	"marque/app/words"
	"marque/device"
	"marque/device/wire"
)

// made is an enrolment request that was made, and the files that it is in.
type made struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Words string `json:"words"`
	PNG   string `json:"png"`
	File  string `json:"file"`
}

// writeRequest writes the request of a device into its folder, as a QR code and for a stick. Put writes one file.
func writeRequest(dir string, d *device.Device, put func(name string, b []byte) error) (m made, err error) {
	request, err := d.Request()
	if err != nil {
		return m, err
	}
	parsed, err := wire.ParseRequest(request)
	if err != nil {
		return m, err
	}
	hash := parsed.Hash()
	m = made{
		Name: parsed.Name, Kind: parsed.Kind.String(), Words: words.Text(hash[:]),
		PNG: filepath.Join(dir, "request.png"), File: filepath.Join(dir, "request.mqr"),
	}
	picture, err := qr.EncodePNG(wire.RequestText(request))
	if err != nil {
		return m, err
	}
	if err := put(m.PNG, picture); err != nil {
		return m, fmt.Errorf("write the QR code: %w", err)
	}
	if err := put(m.File, request); err != nil {
		return m, fmt.Errorf("write the request: %w", err)
	}
	return m, nil
}

func (m made) text() string {
	return fmt.Sprintf("%s %s\n  words  %s\n  show   %s\n  or     %s\n", m.Kind, m.Name, m.Words, m.PNG, m.File)
}
